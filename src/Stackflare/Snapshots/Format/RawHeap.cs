namespace Stackflare.Snapshots.Format;

/// <summary>
/// Copies of the objects of async methods and of what they wait for. Checked like the rest of a <see cref="RawSnapshot"/>, except that
/// field offsets come from the target and may be out of range.
/// </summary>
internal sealed class RawHeap
{
    public required HeapRecord Info { get; init; }

    /// <summary>Sorted by address, without duplicates.</summary>
    public required HeapObjectRecord[] Objects { get; init; }

    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>Sorted by type, without duplicates. Chains of parents are finite.</summary>
    public required HeapLayoutRecord[] Layouts { get; init; }

    public required HeapFieldRecord[] Fields { get; init; }

    public required uint[] References { get; init; }

    /// <summary>Which threads seem to run which boxes. Sorted by thread, frame and object, without duplicates.</summary>
    public required RunningRecord[] Running { get; init; }

    /// <summary>The places of runtime-suspended methods. Sorted by the value that their continuations contain, without duplicates.</summary>
    public required SuspensionRecord[] Suspensions { get; init; }

    /// <summary>Which boxes wait in the synchronization contexts of threads.</summary>
    public required PostedRecord[] Posted { get; init; }

    /// <summary>The copied bytes of an object, from its address.</summary>
    public ReadOnlyMemory<byte> BytesOf(in HeapObjectRecord entry) =>
        entry.BytesLength == 0 ? default : Bytes.Slice((int)entry.BytesOffset, (int)entry.BytesLength);

    /// <summary>A type's own fields, by offset.</summary>
    public ReadOnlySpan<HeapFieldRecord> FieldsOf(in HeapLayoutRecord layout) => Slice(Fields, layout.FirstField, layout.FieldCount);

    /// <summary>The offsets of references in objects of a type, ascending; empty for a type without copied objects.</summary>
    public ReadOnlySpan<uint> ReferencesOf(in HeapLayoutRecord layout) => Slice(References, layout.FirstReference, layout.ReferenceCount);

    private static ReadOnlySpan<T> Slice<T>(T[] all, uint first, uint count) => count == 0 ? default : all.AsSpan((int)first, (int)count);
}
