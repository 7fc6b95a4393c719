namespace Stackflare.Snapshots.Format;

/// <summary>
/// Copies of the objects that async methods and what they wait for are made of. Checked as the rest of a <see cref="RawSnapshot"/>; but
/// offsets of fields are the target's and bounded by nothing.
/// </summary>
internal sealed class RawHeap
{
    public required HeapRecord Info { get; init; }

    /// <summary>By address, each once.</summary>
    public required HeapObjectRecord[] Objects { get; init; }

    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>By type, each once. Following parents comes to an end.</summary>
    public required HeapLayoutRecord[] Layouts { get; init; }

    public required HeapFieldRecord[] Fields { get; init; }

    public required uint[] References { get; init; }

    /// <summary>Which threads seem to run which boxes; by thread, frame and object, each once.</summary>
    public required RunningRecord[] Running { get; init; }

    /// <summary>Where methods are that the runtime suspends itself; by what their continuations have of it, each once.</summary>
    public required SuspensionRecord[] Suspensions { get; init; }

    /// <summary>What was copied of an object, from its address on.</summary>
    public ReadOnlyMemory<byte> BytesOf(in HeapObjectRecord entry) =>
        entry.BytesLength == 0 ? default : Bytes.Slice((int)entry.BytesOffset, (int)entry.BytesLength);

    /// <summary>A type's own fields, by offset.</summary>
    public ReadOnlySpan<HeapFieldRecord> FieldsOf(in HeapLayoutRecord layout) => Slice(Fields, layout.FirstField, layout.FieldCount);

    /// <summary>Where in an object of a type references are, ascending; nothing for a type that no object was copied of.</summary>
    public ReadOnlySpan<uint> ReferencesOf(in HeapLayoutRecord layout) => Slice(References, layout.FirstReference, layout.ReferenceCount);

    private static ReadOnlySpan<T> Slice<T>(T[] all, uint first, uint count) => count == 0 ? default : all.AsSpan((int)first, (int)count);
}
