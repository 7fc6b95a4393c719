using System.Runtime.Versioning;
using Stackflare.Building;
using Stackflare.Snapshots;

namespace Stackflare.Capture;

/// <summary>
/// Takes samples of a process: dumps with stacks and processor times only. A thread that has not run since the last sample has the same stack, so only the others are
/// walked. The pause is short even if there are many threads, as most of them wait. Not thread-safe.
/// </summary>
/// <param name="capture">Takes the dumps. If it finds async stacks, each sample is a whole dump.</param>
[SupportedOSPlatform("linux")]
internal sealed class ProcessSampler(ProcessCapture capture)
{
    private Dictionary<ulong, DumpThread> _last = [];

    /// <summary>Takes the snapshot of a sample.</summary>
    /// <param name="isWhole">Whether it is a whole dump.</param>
    /// <param name="cancellationToken">Ends the wait, like a timeout.</param>
    /// <exception cref="StackflareException">No snapshot could be taken; the error says why.</exception>
    public Snapshot Take(bool isWhole, CancellationToken cancellationToken) =>
        isWhole || capture.FindsAsyncStacks ? capture.TakeSnapshot(cancellationToken) : capture.TakeSample([.. Seen()], cancellationToken);

    /// <summary>Builds the dump of the last snapshot that was taken.</summary>
    public ThreadDump Build(Snapshot snapshot)
    {
        ThreadDump dump = capture.Symbolicate(snapshot);
        if (!snapshot.IsSample)
            return dump;
        var walked = new Dictionary<OsThreadId, DumpThread>(dump.Threads.Count);
        foreach (DumpThread thread in dump.Threads)
            walked[thread.OsId] = thread;
        var threads = new Dictionary<ulong, DumpThread>(snapshot.Threads.Count);
        foreach (SnapshotThread thread in snapshot.Threads)
            threads[thread.RuntimeId] = thread.HasNotRun && _last.TryGetValue(thread.RuntimeId, out DumpThread? last) ? last : walked[new OsThreadId(thread.OsId)];
        _last = threads;
        return dump with { Threads = DumpBuilder.InOrder(threads.Values) };
    }

    /// <summary>
    /// The threads whose stacks are known. The clock of a thread in a whole dump was read after its walk, so it does not say whether the thread has run since. If the kernel counts
    /// processor time only in ticks, neither does that of a sample.
    /// </summary>
    private IEnumerable<SeenThread> Seen()
    {
        foreach ((ulong id, DumpThread thread) in _last)
        {
            if (thread is { CpuTime: { } time, HasExactCpuTime: true, Completeness: not StackCompleteness.NotWalked })
                yield return new SeenThread(id, thread.OsId.Value, time);
        }
    }
}
