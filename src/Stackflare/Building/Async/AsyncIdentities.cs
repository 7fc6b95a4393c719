using System.Buffers.Binary;
using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>
/// Identifies waits of async methods across several dumps: two dumps have the same number only if the methods have not run in between. The number is a hash of
/// the methods' objects and of the variables in them, which do not change while a method waits. It changes if the garbage collector moves an object. An
/// address alone would not do: after a collection, another object can have it.
/// </summary>
internal sealed class AsyncIdentities(AsyncGraph graph)
{
    private readonly ulong?[] _boxes = new ulong?[graph.Boxes.All.Count];
    private readonly bool[] _looked = new bool[graph.Boxes.All.Count];

    private long _read;

    private HeapObjects Objects => graph.Objects;

    /// <summary>The number of a chain of methods; null if it is not certain that another wait would have another number.</summary>
    /// <param name="path">The methods, the innermost last.</param>
    public ulong? Of(List<int> path)
    {
        ulong hash = Seed;
        foreach (int box in path)
        {
            if (OfBox(box) is not { } one)
                return null;
            hash = Mix(hash, one);
        }
        return hash;
    }

    /// <summary>The number of what a chain of methods waits for. A <c>WhenAll</c> that has made progress has another number.</summary>
    public ulong? Of(ulong? path, in Awaited awaited, AsyncWait wait)
    {
        if (path is not { } hash)
            return null;
        hash = Mix(hash, (ulong)(wait.Pending ?? -1));
        // The time at which it ends, by the clock of the program's timers. A timer that has fired does not say it.
        return awaited.DueIn is { } due && due != TimeSpan.Zero ? Mix(hash, (ulong)((Objects.Heap.Now.Ticks / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond) + due.Ticks)) : hash;
    }

    /// <summary>The number of a task of a <c>WhenAll</c> or similar that is not an async method; null if a thread may run it.</summary>
    /// <param name="path">The number of the methods that wait for the <c>WhenAll</c>.</param>
    /// <param name="awaited">The task.</param>
    /// <param name="wait">The same in the dump.</param>
    public ulong? OfTask(ulong? path, in Awaited awaited, AsyncWait wait) =>
        path is { } hash && awaited.Object >= 0 && Objects.Is(awaited.Object, HeapObjectTraits.Task)
            && awaited.Kind is AsyncWaitKind.Delay or AsyncWaitKind.TaskCompletionSource or AsyncWaitKind.Other or AsyncWaitKind.WhenAll or AsyncWaitKind.WhenAny
        ? Of(Mix(hash, Objects[awaited.Object].Address), awaited, wait)
        : null;

    private ulong? OfBox(int box)
    {
        if (!_looked[box])
            (_looked[box], _boxes[box]) = (true, Read(box));
        return _boxes[box];
    }

    private ulong? Read(int index)
    {
        AsyncBox box = graph.Boxes.All[index];
        ReadOnlySpan<byte> variables = graph.Boxes.VariablesOf(index).Span;
        if (box.State == AsyncBox.Running || variables.IsEmpty || !IsOneWait(index, box) || (_read += variables.Length) > AsyncLimits.Variables)
            return null;
        ulong hash = Mix(Mix(Mix(Seed, Objects[box.Object].Address), TypeOf(box.Object)), (ulong)box.State);
        hash = Objects.Find(box.Awaited) is >= 0 and var awaited ? Mix(Mix(hash, box.Awaited), TypeOf(awaited)) : hash;
        for (; variables.Length >= sizeof(ulong); variables = variables[sizeof(ulong)..])
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(variables));
        foreach (byte last in variables)
            hash = Mix(hash, last);
        return hash;
    }

    /// <summary>
    /// Whether a second wait of the method for the same object would show. A task completes once, so a method waits for it once. The source of a value task can be
    /// used again; then the awaiter has a version number. Not every source counts its versions: those of pipes do not.
    /// </summary>
    private bool IsOneWait(int index, in AsyncBox box)
    {
        if (box.Inner >= 0)
            return true;
        int awaited = Objects.Find(box.Awaited);
        // With an option of the awaiter, a method can wait for a task that has completed, more than once.
        if (awaited < 0 || Objects.Is(awaited, HeapObjectTraits.Completed))
            return false;
        // An awaiter of the program can do with a task what it likes.
        if (Objects.Is(awaited, HeapObjectTraits.Task))
            return box.Awaiter is null || AwaitedObjects.IsForTasks(box.Awaiter);
        // The version number is in the state machine. In a continuation, it is not.
        return box.Machine is not null && (graph.Awaited(index).Box >= 0
            || Objects.HasField(awaited, "ManualResetValueTaskSourceCore`1")
            || Objects.Definition(awaited) == "System.Net.Sockets.Socket.AwaitableSocketAsyncEventArgs"
            || Objects.Definition(awaited).StartsWith("System.Threading.Channels.", StringComparison.Ordinal));
    }

    /// <summary>The runtime's address of an object's type, from the object's first word. The collector uses its lowest bits.</summary>
    private ulong TypeOf(int index) => SnapshotHeap.Word(Objects[index], 0) & ~7ul;

    private const ulong Seed = 0x9E3779B97F4A7C15;

    private static ulong Mix(ulong hash, ulong value)
    {
        ulong high = Math.BigMul(hash ^ value, 0xD6E8FEB86659FD93, out ulong low);
        return (high ^ low) + System.Numerics.BitOperations.RotateLeft(hash, 23) + Seed;
    }
}
