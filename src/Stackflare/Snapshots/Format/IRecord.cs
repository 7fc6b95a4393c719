namespace Stackflare.Snapshots.Format;

/// <summary>
/// A record of a section. Fields are only ever appended: a reader skips those of a later version's, and fills in those that an earlier version's records lack.
/// </summary>
/// <typeparam name="TSelf">The record.</typeparam>
internal interface IRecord<TSelf>
    where TSelf : unmanaged
{
    /// <summary>The bytes that the record had when there first was such a section. It never changes.</summary>
    static abstract int FirstSize { get; }

    /// <summary>What the fields are that came later, in records that lack them: zero, where the record does not say otherwise.</summary>
    static virtual TSelf Newer => default;
}
