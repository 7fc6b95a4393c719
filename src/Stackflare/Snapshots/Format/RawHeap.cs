using System.Buffers.Binary;

namespace Stackflare.Snapshots.Format;

/// <summary>
/// Copies of the objects that async methods and what they wait for are made of. Checked as the rest of a <see cref="RawSnapshot"/>; but
/// offsets of fields are the target's and bounded by nothing: <see cref="Word"/> bears any.
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

    /// <summary>The index of the object at an address; negative when it was not copied.</summary>
    public int Find(ulong address)
    {
        int low = 0, high = Objects.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            ulong at = Objects[middle].Address;
            if (at == address)
                return middle;
            (low, high) = at < address ? (middle + 1, high) : (low, middle - 1);
        }
        return -1;
    }

    /// <summary>The layout of a type; null when none was given.</summary>
    public HeapLayoutRecord? LayoutOf(uint type)
    {
        int low = 0, high = Layouts.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            uint at = Layouts[middle].Type;
            if (at == type)
                return Layouts[middle];
            (low, high) = at < type ? (middle + 1, high) : (low, middle - 1);
        }
        return null;
    }

    /// <summary>The frame of the <c>await</c> that a continuation stands at; none for one that is no method's.</summary>
    public uint FrameOf(ulong resumeInfo)
    {
        int low = 0, high = Suspensions.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            ulong at = Suspensions[middle].ResumeInfo;
            if (at == resumeInfo)
                return Suspensions[middle].Frame;
            (low, high) = at < resumeInfo ? (middle + 1, high) : (low, middle - 1);
        }
        return SnapshotLayout.None;
    }

    /// <summary>What was copied of an object, from its address on.</summary>
    public ReadOnlySpan<byte> BytesOf(in HeapObjectRecord entry) =>
        entry.BytesLength == 0 ? default : Bytes.Span.Slice((int)entry.BytesOffset, (int)entry.BytesLength);

    /// <summary>A type's own fields, by offset.</summary>
    public ReadOnlySpan<HeapFieldRecord> FieldsOf(in HeapLayoutRecord layout) => Slice(Fields, layout.FirstField, layout.FieldCount);

    /// <summary>Where in an object of a type references are, ascending; nothing for a type that no object was copied of.</summary>
    public ReadOnlySpan<uint> ReferencesOf(in HeapLayoutRecord layout) => Slice(References, layout.FirstReference, layout.ReferenceCount);

    /// <summary>The word at an offset of an object; zero, which is no object's address, for an offset that is not in it.</summary>
    public ulong Word(in HeapObjectRecord entry, ulong offset)
    {
        ReadOnlySpan<byte> bytes = BytesOf(entry);
        return offset <= int.MaxValue && bytes.Length - (long)offset >= sizeof(ulong)
            ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[(int)offset..])
            : 0;
    }

    private static ReadOnlySpan<T> Slice<T>(T[] all, uint first, uint count) => count == 0 ? default : all.AsSpan((int)first, (int)count);
}
