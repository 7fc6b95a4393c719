namespace Stackflare.Snapshots.Format;

/// <summary>
/// A record of a section. New fields are only appended. A reader skips the fields of a newer version, and adds default values for fields that an
/// older version lacks.
/// </summary>
/// <typeparam name="TSelf">The record.</typeparam>
internal interface IRecord<TSelf>
    where TSelf : unmanaged
{
    /// <summary>The size of the record in bytes in the first version of the section. It never changes.</summary>
    static abstract int FirstSize { get; }

    /// <summary>Default values of the fields that were added later. Zero, unless the record overrides this.</summary>
    static virtual TSelf Newer => default;
}
