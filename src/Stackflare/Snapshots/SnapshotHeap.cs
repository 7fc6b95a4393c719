using System.Buffers.Binary;

namespace Stackflare.Snapshots;

/// <summary>
/// Copies of the objects that async methods and what they wait for are made of. Immutable. Offsets of fields are the target's and bounded by nothing:
/// <see cref="Word"/> takes any.
/// </summary>
internal sealed class SnapshotHeap
{
    /// <summary>A note of a snapshot, or of stacks that are made of it.</summary>
    public const string TooMany = "Some async methods that wait are missing: there are too many.";

    /// <summary>By address, each once.</summary>
    public required HeapObject[] Objects { get; init; }

    /// <summary>By type, each once. Following parents comes to an end.</summary>
    public required TypeLayout[] Layouts { get; init; }

    /// <summary>Which threads seem to run which methods; by thread, frame and object, each once.</summary>
    public required RunningMethod[] Running { get; init; }

    /// <summary>Where methods are that the runtime suspends itself; by what their continuations have of it, each once.</summary>
    public required SuspensionPoint[] Suspensions { get; init; }

    /// <summary>The time on the clock that the program's timers go by.</summary>
    public required TimeSpan Now { get; init; }

    /// <summary>Whether objects are missing because a limit was reached.</summary>
    public required bool IsTruncated { get; init; }

    /// <summary>The index of the object at an address; negative when it was not copied.</summary>
    public int Find(ulong address) => IndexOf(Objects, address);

    /// <summary>The layout of a type; null when none was given.</summary>
    public TypeLayout? LayoutOf(int? type) => type is { } key && IndexOf(Layouts, (ulong)key) is >= 0 and var at ? Layouts[at] : null;

    /// <summary>The index of the frame of the <c>await</c> that a continuation stands at; null for one that is no method's.</summary>
    public int? FrameOf(ulong resumeInfo) => IndexOf(Suspensions, resumeInfo) is >= 0 and var at ? Suspensions[at].Frame : null;

    /// <summary>The word at an offset of an object; zero, which is no object's address, for an offset that is not in it.</summary>
    public static ulong Word(in HeapObject entry, ulong offset) => offset <= int.MaxValue && entry.Bytes.Length - (long)offset >= sizeof(ulong)
        ? BinaryPrimitives.ReadUInt64LittleEndian(entry.Bytes.Span[(int)offset..])
        : 0;

    private static int IndexOf<T>(T[] sorted, ulong key)
        where T : struct, ISorted
    {
        int low = 0, high = sorted.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            ulong at = sorted[middle].SortKey;
            if (at == key)
                return middle;
            (low, high) = at < key ? (middle + 1, high) : (low, middle - 1);
        }
        return -1;
    }

    /// <summary>What is in order by a number, which no two have.</summary>
    internal interface ISorted
    {
        ulong SortKey { get; }
    }
}

/// <summary>An object that was copied.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Type">The index of its type; null where it is not known.</param>
/// <param name="Traits">What it is to async methods.</param>
/// <param name="Bytes">What was copied of it, from its address on.</param>
internal readonly record struct HeapObject(ulong Address, int? Type, HeapObjectTraits Traits, ReadOnlyMemory<byte> Bytes) : SnapshotHeap.ISorted
{
    ulong SnapshotHeap.ISorted.SortKey => Address;
}

/// <summary>What an object is to async methods.</summary>
[Flags]
internal enum HeapObjectTraits
{
    None = 0,

    /// <summary>The box of a method's state machine.</summary>
    Method = 1,

    /// <summary>It may lie in a pool, with nothing in it.</summary>
    Pooled = 2,
    Task = 4,
    Completed = 8,

    /// <summary>A state machine that is an object of its own.</summary>
    Machine = 16,

    /// <summary>A source of value tasks.</summary>
    Source = 32,
    Array = 64,
    Timer = 128,
    Semaphore = 256,

    /// <summary>More of it is there than was copied.</summary>
    Truncated = 512,

    /// <summary>Of a method that the runtime suspends: what it goes on with.</summary>
    Continuation = 1024,

    /// <summary>The task of methods that the runtime suspends.</summary>
    Suspended = 2048,
}

/// <summary>Where fields are in objects of a type.</summary>
/// <param name="Type">The index of the type.</param>
/// <param name="Parent">The index of the type that it is derived from; null for none.</param>
/// <param name="Fields">Its own fields, by offset.</param>
/// <param name="References">Where references are, ascending; empty for a type that no object was copied of.</param>
/// <param name="Size">The bytes of an object.</param>
/// <param name="IsStruct">Whether it is a value type: offsets are then from its first byte.</param>
internal readonly record struct TypeLayout(
    int Type, int? Parent, ReadOnlyMemory<FieldOffset> Fields, ReadOnlyMemory<uint> References, uint Size, bool IsStruct) : SnapshotHeap.ISorted
{
    ulong SnapshotHeap.ISorted.SortKey => (ulong)Type;
}

/// <summary>Where a field is.</summary>
/// <param name="Token">Its Field token.</param>
/// <param name="Offset">Its offset.</param>
internal readonly record struct FieldOffset(uint Token, uint Offset);

/// <summary>That a thread seems to run an async method.</summary>
/// <param name="Thread">The index of the thread.</param>
/// <param name="Object">The index of the method's object.</param>
/// <param name="Frame">The number of the frame, from the innermost.</param>
/// <param name="Next">The index of what the thread goes on with; null where nothing is.</param>
internal readonly record struct RunningMethod(int Thread, int Object, int Frame, int? Next);

/// <summary>A place at which the runtime suspends a method.</summary>
/// <param name="ResumeInfo">What a continuation has of it.</param>
/// <param name="Frame">The index of the frame; null where it is no method's.</param>
/// <param name="Code">Which piece of compiled code it is in, the same for all its places; 0 where that is not known.</param>
internal readonly record struct SuspensionPoint(ulong ResumeInfo, int? Frame, uint Code) : SnapshotHeap.ISorted
{
    ulong SnapshotHeap.ISorted.SortKey => ResumeInfo;
}
