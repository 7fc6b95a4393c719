using Stackflare.Runtime;
using Stackflare.Runtime.Stacks;

namespace Stackflare.Capture.External;

/// <summary>
/// Copies the stacks of threads, and what the runtime knows of each. A thread that waits in a system call is copied as it is: if two looks at it, before
/// and after, are equal, it has not moved. Other threads are stopped for the copy.
/// </summary>
/// <param name="kernel">The threads.</param>
/// <param name="memory">The memory, which gets the copies.</param>
/// <param name="live">The memory as it is.</param>
/// <param name="map">Where stacks end.</param>
/// <param name="hostId">From a thread's id in its own pid namespace to its id here.</param>
internal sealed class ThreadCopier(IThreadControl kernel, CopiedMemory memory, IMemoryReader live, MemoryMap map, Func<int, int> hostId)
{
    /// <summary>How often a thread is tried that moves during the copy.</summary>
    private const int Attempts = 3;

    /// <summary>
    /// The parts of a stack that are copied, beginning with the innermost frame. The stacks of threads are mappings of their own, but the kernel shows two
    /// mappings as one if nothing tells them apart: what is further away than <see cref="MaxStack"/> may be something else.
    /// </summary>
    private const int MaxWaiting = 16 << 20, MaxStopped = 1 << 20;

    private const ulong MaxStack = 64 << 20;

    private readonly Dictionary<int, StoppedThread> _threads = [];
    private readonly List<int> _withoutStack = [];
    private long _bytes;

    /// <summary>The threads that were copied, by their ids in their own pid namespace.</summary>
    public IReadOnlyDictionary<int, StoppedThread> Threads => _threads;

    /// <summary>Copies threads.</summary>
    /// <param name="places">The threads that the runtime knows.</param>
    /// <param name="bytes">The largest number of bytes.</param>
    /// <param name="maxStop">How long threads may be stopped.</param>
    /// <param name="isStill">Whether no thread is expected to run. Then only threads are held that were stopped in the middle of their code.</param>
    /// <returns>What was stopped; null if a thread ran that should not.</returns>
    public ThreadStop? Copy(IEnumerable<ThreadPlace> places, long bytes, TimeSpan maxStop, bool isStill = false)
    {
        _bytes = bytes;
        var stop = new ThreadStop(kernel, maxStop);
        var moving = new Dictionary<int, ThreadPlace>();
        // A native thread can leave the runtime and come again: of two records with one id, one is of the past.
        foreach (IGrouping<int, ThreadPlace> same in places.GroupBy(static p => p.OsId))
        {
            if (same.Count() > 1)
                LeaveOut(same.Key, stop, SkipReason.BeganOrEnded);
            else if (!TryCopyWaiting(same.First()))
                moving.TryAdd(hostId(same.Key), same.First());
        }
        // Many a thread has been busy for a moment only. Not to stop it is also best for a system call that the kernel would not restart.
        foreach ((int id, ThreadPlace place) in moving.ToArray())
        {
            if (TryCopyWaiting(place))
                moving.Remove(id);
        }
        if (isStill && !moving.Keys.All(id => kernel.Look(id) is { IsStoppedInCode: true }))
            return null;
        stop.Run(moving.Keys, (id, stopped) =>
        {
            Copied copied = Take(moving[id], stopped.Registers.Sp, MaxStopped);
            return () => Keep(moving[id], stopped.Registers, copied);
        });
        foreach ((int id, ThreadPlace place) in moving)
        {
            // No frames are better than frames of two moments.
            if (stop.Skipped.TryGetValue(id, out SkipReason reason))
                LeaveOut(place.OsId, stop, reason);
            else if (_threads.TryGetValue(place.OsId, out StoppedThread? copied))
                _threads[place.OsId] = copied with { CpuTime = kernel.CpuTime(id) };
        }
        foreach (int id in _withoutStack)
            LeaveOut(id, stop, SkipReason.BeganOrEnded);
        return stop;
    }

    /// <summary>Leaves out the stacks of threads that have begun or ended meanwhile.</summary>
    public void LeaveOutOthers(IEnumerable<ThreadPlace> places, ThreadStop stop)
    {
        foreach (ThreadPlace place in places)
        {
            if (!_threads.ContainsKey(place.OsId))
                LeaveOut(place.OsId, stop, SkipReason.BeganOrEnded);
        }
    }

    private void LeaveOut(int thread, ThreadStop stop, SkipReason reason)
    {
        int id = hostId(thread);
        _threads[thread] = new StoppedThread(null, kernel.CpuTime(id));
        stop.Skipped[id] = reason;
    }

    private bool TryCopyWaiting(ThreadPlace place)
    {
        int id = hostId(place.OsId);
        for (int i = 0; i < Attempts; i++)
        {
            if (kernel.Look(id) is not { InCall: { } registers } before)
                return false;
            Copied copied = Take(place, registers.Sp, MaxWaiting);
            if (kernel.Look(id) != before)
                continue;
            Keep(place, registers, copied);
            _threads[place.OsId] = _threads[place.OsId] with { CpuTime = kernel.CpuTime(id) };
            return true;
        }
        return false;
    }

    private Copied Take(ThreadPlace place, ulong sp, int limit)
    {
        byte[] record = new byte[place.Bytes];
        int read = live.Read(place.Address, record);
        ulong length = map.At(sp) is { } mapping ? Math.Min(mapping.End - sp, MaxStack) : 0;
        byte[] stack = new byte[Math.Min(length, (ulong)Math.Clamp(_bytes, 0, limit))];
        return new Copied(record.AsMemory(0, read), stack.AsMemory(0, live.Read(sp, stack)), length);
    }

    private void Keep(ThreadPlace place, in Registers registers, in Copied copied)
    {
        _bytes -= copied.Record.Length + copied.Stack.Length;
        memory.Keep(place.Address, copied.Record, (ulong)place.Bytes);
        // A stack that is not in the map, because it is newer, would be read as it is later, when the thread has gone on.
        if (copied.Length == 0)
            _withoutStack.Add(place.OsId);
        else
            memory.Keep(registers.Sp, copied.Stack, copied.Length);
        _threads[place.OsId] = new StoppedThread(registers, null);
    }

    /// <param name="Record">What the runtime knows of the thread.</param>
    /// <param name="Stack">Its stack, from the stack pointer on.</param>
    /// <param name="Length">How many bytes the stack has there.</param>
    private readonly record struct Copied(ReadOnlyMemory<byte> Record, ReadOnlyMemory<byte> Stack, ulong Length);
}
