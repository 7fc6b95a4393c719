using System.Runtime.Versioning;
using Stackflare.Building;
using Stackflare.Snapshots;

namespace Stackflare.Capture;

/// <summary>
/// Takes samples of a process: dumps with stacks and processor times only. A thread that has not run since the last sample has the same stack, so only the others are
/// walked. The pause is short even if there are many threads, as most of them wait. The native threads are those of the last whole dump. Not thread-safe.
/// </summary>
/// <param name="capture">Takes the dumps. If it finds async stacks, each sample is a whole dump.</param>
[SupportedOSPlatform("linux")]
internal sealed class ProcessSampler(ProcessCapture capture)
{
    /// <summary>In one of so many samples, a thread is walked that does not seem to have run.</summary>
    private const int BetweenOldest = 5;

    private Dictionary<ulong, Seen> _last = [];
    private IReadOnlyList<RuntimeThread> _native = [];
    private long _taken;

    /// <summary>Takes the snapshot of a sample.</summary>
    /// <param name="isWhole">Whether it is a whole dump.</param>
    /// <param name="cancellationToken">Ends the wait, like a timeout.</param>
    /// <exception cref="StackflareException">No snapshot could be taken; the error says why.</exception>
    public Snapshot Take(bool isWhole, CancellationToken cancellationToken) =>
        isWhole || capture.FindsAsyncStacks ? capture.TakeSnapshot(cancellationToken) : capture.TakeSample([.. Known()], cancellationToken);

    /// <summary>Builds the dump of the last snapshot that was taken.</summary>
    public ThreadDump Build(Snapshot snapshot)
    {
        ThreadDump dump = capture.Symbolicate(snapshot);
        if (!snapshot.IsSample)
        {
            _native = dump.RuntimeThreads;
            return dump;
        }
        _taken++;
        var walked = new Dictionary<OsThreadId, DumpThread>(dump.Threads.Count);
        foreach (DumpThread thread in dump.Threads)
            walked[thread.OsId] = thread;
        var threads = new Dictionary<ulong, Seen>(snapshot.Threads.Count);
        foreach (SnapshotThread thread in snapshot.Threads)
        {
            // Only a hostile process has two threads with one id: the second one is left out.
            if (walked.Remove(new OsThreadId(thread.OsId), out DumpThread? now))
                threads[thread.RuntimeId] = thread.HasNotRun && _last.TryGetValue(thread.RuntimeId, out Seen known) ? known : new Seen(now, _taken, !snapshot.IsCut);
        }
        _last = threads;
        return dump with { Threads = DumpBuilder.InOrder(threads.Values.Select(static t => t.Thread)), RuntimeThreads = _native };
    }

    /// <summary>
    /// The threads whose stacks are known. The clock of a thread in a whole dump was read after its walk, so it does not say whether the thread has run since. If the kernel counts
    /// processor time only in ticks, neither does that of a sample. On a virtual machine, a clock can stand still although its thread has run for a moment, so now and then, the thread is walked
    /// that has not been for the longest time.
    /// </summary>
    private IEnumerable<SeenThread> Known()
    {
        ulong oldest = _taken % BetweenOldest != 0 || _last.Count == 0 ? 0 : _last.MinBy(static t => t.Value.Walked).Key;
        foreach ((ulong id, Seen seen) in _last)
        {
            if (id != oldest && seen is { IsWhole: true, Thread: { CpuTime: { } time, HasExactCpuTime: true, Completeness: StackCompleteness.Complete or StackCompleteness.NoManagedFrames } thread })
                yield return new SeenThread(id, thread.OsId.Value, time);
        }
    }

    /// <param name="Thread">The thread.</param>
    /// <param name="Walked">The number of the sample that walked it.</param>
    /// <param name="IsWhole">Whether no limit cut that sample.</param>
    private readonly record struct Seen(DumpThread Thread, long Walked, bool IsWhole);
}
