using System.Buffers.Binary;

namespace Stackflare.Snapshots;

/// <summary>
/// Copies of the objects of async methods and of what they wait for. Immutable. Field offsets come from the target and may be out of range:
/// <see cref="Word"/> accepts any.
/// </summary>
internal sealed class SnapshotHeap
{
    /// <summary>A note of a snapshot, or of the stacks that are built from it.</summary>
    public const string TooMany = "Some async stacks are missing: there are too many.";

    /// <summary>Sorted by address, without duplicates.</summary>
    public required HeapObject[] Objects { get; init; }

    /// <summary>Sorted by type, without duplicates. Chains of parents are finite.</summary>
    public required TypeLayout[] Layouts { get; init; }

    /// <summary>Which threads seem to run which methods. Sorted by thread, frame and object, without duplicates.</summary>
    public required RunningMethod[] Running { get; init; }

    /// <summary>The places of runtime-suspended methods. Sorted by the value that their continuations contain, without duplicates.</summary>
    public required SuspensionPoint[] Suspensions { get; init; }

    /// <summary>Which methods wait in the synchronization contexts of waiting threads.</summary>
    public PostedMethod[] Posted { get; init; } = [];

    /// <summary>The time of the clock that the program's timers use; zero if it is not known.</summary>
    public required TimeSpan Now { get; init; }

    /// <summary>Whether objects are missing because a limit was reached.</summary>
    public required bool IsTruncated { get; init; }

    /// <summary>The index of the object at an address; negative if it was not copied.</summary>
    public int Find(ulong address) => IndexOf(Objects, address);

    /// <summary>The layout of a type; null if there is none.</summary>
    public TypeLayout? LayoutOf(int? type) => type is { } key && IndexOf(Layouts, (ulong)key) is >= 0 and var at ? Layouts[at] : null;

    /// <summary>Index of the frame of the <c>await</c> at which a continuation waits; null for a continuation without a method.</summary>
    public int? FrameOf(ulong resumeInfo) => IndexOf(Suspensions, resumeInfo) is >= 0 and var at ? Suspensions[at].Frame : null;

    /// <summary>The word at an offset of an object; zero, which is never an object's address, if the offset is out of range.</summary>
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

    /// <summary>An item in an array that is sorted by a unique number.</summary>
    internal interface ISorted
    {
        ulong SortKey { get; }
    }
}

/// <summary>An object that was copied.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Type">Index of its type; null if not known.</param>
/// <param name="Traits">Its role for async methods.</param>
/// <param name="Bytes">Its copied bytes, from its address.</param>
internal readonly record struct HeapObject(ulong Address, int? Type, HeapObjectTraits Traits, ReadOnlyMemory<byte> Bytes) : SnapshotHeap.ISorted
{
    ulong SnapshotHeap.ISorted.SortKey => Address;
}

/// <summary>The role of an object for async methods.</summary>
[Flags]
internal enum HeapObjectTraits
{
    None = 0,

    /// <summary>The box of a method's state machine.</summary>
    Method = 1,

    /// <summary>It may be in a pool, and then is empty.</summary>
    Pooled = 2,
    Task = 4,
    Completed = 8,

    /// <summary>A state machine that is a class.</summary>
    Machine = 16,

    /// <summary>A source of value tasks.</summary>
    Source = 32,
    Array = 64,
    Timer = 128,
    Semaphore = 256,

    /// <summary>It was copied only in part.</summary>
    Truncated = 512,

    /// <summary>The continuation of a method that the runtime suspends.</summary>
    Continuation = 1024,

    /// <summary>The task of methods that the runtime suspends.</summary>
    Suspended = 2048,

    /// <summary>An object of a library of the framework: a socket, an end of a connection, a request that is served, an activity.</summary>
    Detail = 4096,

    /// <summary>A string or an array of 16-bit numbers, to which such an object refers.</summary>
    Text = 8192,
}

/// <summary>The offsets of the fields in objects of a type.</summary>
/// <param name="Type">The index of the type.</param>
/// <param name="Parent">Index of the base type; null if there is none.</param>
/// <param name="Fields">Its own fields, by offset.</param>
/// <param name="References">Offsets of references, ascending; empty for a type without copied objects.</param>
/// <param name="Size">Size of an object in bytes.</param>
/// <param name="IsStruct">Whether it is a value type: offsets are then relative to its first byte.</param>
internal readonly record struct TypeLayout(
    int Type, int? Parent, ReadOnlyMemory<FieldOffset> Fields, ReadOnlyMemory<uint> References, uint Size, bool IsStruct) : SnapshotHeap.ISorted
{
    ulong SnapshotHeap.ISorted.SortKey => (ulong)Type;
}

/// <summary>The offset of a field.</summary>
/// <param name="Token">Its Field token.</param>
/// <param name="Offset">Its offset.</param>
internal readonly record struct FieldOffset(uint Token, uint Offset);

/// <summary>A thread that seems to run an async method.</summary>
/// <param name="Thread">Index of the thread.</param>
/// <param name="Object">Index of the method's object.</param>
/// <param name="Frame">The number of the frame, from the innermost.</param>
/// <param name="Next">Index of the continuation that the thread runs next; null if there is none.</param>
internal readonly record struct RunningMethod(int Thread, int Object, int Frame, int? Next);

/// <summary>An async method that waits in a queue of a synchronization context that a waiting thread has, and no other thread.</summary>
/// <param name="Thread">Index of the thread.</param>
/// <param name="Object">Index of the method's object; null in the record of a thread that has a context, with or without such methods.</param>
/// <param name="Context">The context's address.</param>
/// <param name="Type">Index of the context's type; null if not known.</param>
/// <param name="Keeper">Index of the type of the object through which the context refers to the method; null if not known.</param>
internal sealed record PostedMethod(int Thread, int? Object, ulong Context, int? Type, int? Keeper)
{
    /// <summary>Whether the thread's stack refers to what is between the context and the method.</summary>
    public bool IsSeenByThread { get; init; }

    /// <summary>Whether the context is the <see cref="TaskScheduler"/> of the task that the thread runs.</summary>
    public bool IsScheduler { get; init; }

    /// <summary>How many other threads' stacks do so.</summary>
    public int OtherCount { get; init; }

    /// <summary>Indexes of some of these threads.</summary>
    public IReadOnlyList<int> Others { get; init; } = [];

    /// <summary>How many other threads' stacks refer to the context itself.</summary>
    public int HolderCount { get; init; }

    /// <summary>Indexes of some of these threads.</summary>
    public IReadOnlyList<int> Holders { get; init; } = [];
}

/// <summary>A place at which the runtime suspends a method.</summary>
/// <param name="ResumeInfo">The value that a continuation contains for this place.</param>
/// <param name="Frame">Index of the frame; null if it belongs to no method.</param>
/// <param name="Code">An id of the compiled code, the same for all its places; 0 if not known.</param>
internal readonly record struct SuspensionPoint(ulong ResumeInfo, int? Frame, uint Code) : SnapshotHeap.ISorted
{
    ulong SnapshotHeap.ISorted.SortKey => ResumeInfo;
}
