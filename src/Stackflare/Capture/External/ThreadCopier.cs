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

    /// <summary>The threads that were copied, by their ids in their own pid namespace.</summary>
    public IReadOnlyDictionary<int, StoppedThread> Threads => _threads;

    /// <summary>Copies threads.</summary>
    /// <param name="places">The threads that the runtime knows.</param>
    /// <param name="bytes">The largest number of bytes.</param>
    /// <param name="maxStop">How long threads may be stopped.</param>
    /// <returns>What was stopped.</returns>
    public ThreadStop Copy(IEnumerable<ThreadPlace> places, long bytes, TimeSpan maxStop)
    {
        var moving = new Dictionary<int, ThreadPlace>();
        foreach (ThreadPlace place in places)
        {
            if (!TryCopyWaiting(place, ref bytes))
                moving.TryAdd(hostId(place.OsId), place);
        }
        // Many a thread has been busy for a moment only. Not to stop it is also best for a system call that the kernel would not restart.
        foreach ((int id, ThreadPlace place) in moving.ToArray())
        {
            if (TryCopyWaiting(place, ref bytes))
                moving.Remove(id);
        }
        var stop = new ThreadStop(kernel, maxStop);
        if (moving.Count == 0)
            return stop;
        stop.Run(moving.Keys, (id, stopped) => Keep(moving[id], stopped.Registers, id, Take(moving[id], stopped.Registers.Sp, MaxStopped, ref bytes)));
        // No frames are better than frames of two moments.
        foreach (int id in stop.Skipped.Keys)
            _threads[moving[id].OsId] = new StoppedThread(null, kernel.CpuTime(id));
        return stop;
    }

    /// <summary>Leaves out the stacks of threads that have begun or ended meanwhile.</summary>
    public void LeaveOutOthers(IEnumerable<ThreadPlace> places, ThreadStop stop)
    {
        foreach (ThreadPlace place in places)
        {
            if (_threads.TryAdd(place.OsId, new StoppedThread(null, null)))
                stop.Skipped[hostId(place.OsId)] = SkipReason.BeganOrEnded;
        }
    }

    private bool TryCopyWaiting(ThreadPlace place, ref long bytes)
    {
        int id = hostId(place.OsId);
        for (int i = 0; i < Attempts; i++)
        {
            if (kernel.Look(id) is not { InCall: { } registers } before)
                return false;
            Copied copied = Take(place, registers.Sp, MaxWaiting, ref bytes);
            if (kernel.Look(id) != before)
                continue;
            Keep(place, registers, id, copied);
            return true;
        }
        return false;
    }

    private Copied Take(ThreadPlace place, ulong sp, int limit, ref long bytes)
    {
        byte[] record = new byte[place.Bytes];
        int read = live.Read(place.Address, record);
        ulong length = map.At(sp) is { } mapping ? Math.Min(mapping.End - sp, MaxStack) : 0;
        byte[] stack = new byte[Math.Min(length, (ulong)Math.Clamp(bytes, 0, limit))];
        bytes -= stack.Length;
        return new Copied(record[..read], stack[..live.Read(sp, stack)], length);
    }

    private void Keep(ThreadPlace place, in Registers registers, int id, in Copied copied)
    {
        memory.Keep(place.Address, copied.Record, (ulong)place.Bytes);
        if (copied.Length > 0)
            memory.Keep(registers.Sp, copied.Stack, copied.Length);
        _threads[place.OsId] = new StoppedThread(registers, kernel.CpuTime(id));
    }

    /// <param name="Record">What the runtime knows of the thread.</param>
    /// <param name="Stack">Its stack, from the stack pointer on.</param>
    /// <param name="Length">How many bytes the stack has there.</param>
    private readonly record struct Copied(byte[] Record, byte[] Stack, ulong Length);
}
