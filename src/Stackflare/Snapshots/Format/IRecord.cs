namespace Stackflare.Snapshots.Format;

/// <summary>
/// A record of a section. New fields are only appended. A reader skips the fields of a newer version, and adds default values for fields that an
/// older version lacks.
/// </summary>
internal interface IRecord
{
    /// <summary>The size of the record in bytes in the first version of the section. It never changes, and is the same for all records of a type.</summary>
    int FirstSize { get; }
}
