using System.Runtime.InteropServices;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// Weighs the dumps of a recording: each stack counts for the time since the dump before. So the weights add up to the time that passed, however irregular the dumps are. Not thread-safe.
/// </summary>
/// <param name="mode">Which time counts.</param>
/// <param name="samples">The sum.</param>
internal sealed class Recording(RecordingMode mode, StackSamples samples)
{
    private readonly Dictionary<(OsThreadId, ManagedThreadId?), TimeSpan> _cpu = [];
    private TimeSpan _last;
    private bool _isFirst = true;

    /// <summary>Adds a dump.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="at">The time since the beginning of the recording.</param>
    public void Add(ThreadDump dump, TimeSpan at)
    {
        long elapsed = Microseconds(at - _last);
        // Before the first dump, it is not known how much a thread had run.
        Dictionary<DumpThread, long> used = [];
        foreach (DumpThread thread in dump.Threads)
        {
            if (thread.CpuTime is not { } cpu)
                continue;
            ref TimeSpan before = ref CollectionsMarshal.GetValueRefOrAddDefault(_cpu, (thread.OsId, thread.ManagedId), out bool isKnown);
            // A thread that began since the last dump has run for all of its time since then. The kernel's clock of a new thread can have an older thread's id.
            used[thread] = _isFirst ? 0 : Microseconds(isKnown && cpu >= before ? cpu - before : cpu);
            before = cpu;
        }
        samples.Add(dump, new SampleWeights(Microseconds(_last), Weight, mode is RecordingMode.Wall ? elapsed : 0, mode is RecordingMode.Wall ? elapsed : 0));
        (_last, _isFirst) = (at, false);

        long Weight(DumpThread thread) => mode switch
        {
            RecordingMode.Wall => elapsed,
            RecordingMode.Cpu => used.GetValueOrDefault(thread),
            // A thread that runs now was blocked at most before.
            _ => thread.Activity is ThreadActivity.Running ? 0 : Math.Max(0, elapsed - used.GetValueOrDefault(thread)),
        };
    }

    private static long Microseconds(TimeSpan time) => (long)Math.Round(time.TotalMicroseconds);
}
