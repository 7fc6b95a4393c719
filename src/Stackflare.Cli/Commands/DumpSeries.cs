using Stackflare.Capture;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Cli.Commands;

/// <summary>Dumps of one process, one after another, as they were asked for. For one thread.</summary>
internal sealed class DumpSeries(ProcessCapture capture, Sampling sampling, Interrupt interrupt)
{
    private int _taken;

    /// <summary>What ended the series before its time; null if nothing did.</summary>
    public StackflareException? Error { get; private set; }

    /// <summary>Finished dumps. When the runtime does not answer to the first, there is one of what the kernel knows.</summary>
    public IEnumerable<ThreadDump> Dumps()
    {
        foreach (Snapshot sample in Samples())
            yield return Symbolicate(sample);
        // Of a process that has ended meanwhile, the kernel knows no thread.
        if (Error is { } error && _taken == 0 && KernelMayTell(error) && capture.WithoutStacks(error).Dump(interrupt.Token) is { RuntimeThreads.Count: > 0 } dump)
            yield return dump;
    }

    /// <summary>Snapshots, for those who want them as they are.</summary>
    public IEnumerable<Snapshot> Samples()
    {
        while (sampling.WantsMore(_taken) && !interrupt.Happened)
        {
            if (_taken > 0 && interrupt.WaitOr(sampling.Interval))
                yield break;
            if (Take() is not { } sample)
                yield break;
            yield return sample;
            _taken++;
        }
    }

    private Snapshot? Take()
    {
        try
        {
            using var watchdog = new Watchdog(capture.Limit, cleanUp: capture.Abandon);
            return capture.TakeSnapshot(interrupt.Token);
        }
        catch (StackflareException e)
        {
            // What was called off has no other reason to be told.
            Error = interrupt.Happened ? null : e;
            return null;
        }
    }

    /// <summary>The dump of a sample.</summary>
    public ThreadDump Symbolicate(Snapshot sample)
    {
        using var watchdog = new Watchdog(capture.Limit + SymbolLimits.Time, "a file system with its symbols does not answer");
        return capture.Symbolicate(sample);
    }

    /// <summary>Whether the process is there and can be looked at, so that the kernel answers where the runtime does not.</summary>
    private static bool KernelMayTell(StackflareException error) => error.Error
        is StackflareError.Timeout or StackflareError.SuspensionBlocked or StackflareError.CaptureFailed or StackflareError.ProcessStopped
        or StackflareError.ProbeUnavailable or StackflareError.DiagnosticsDisabled or StackflareError.DiagnosticsUnreachable or StackflareError.InvalidSnapshot;
}
