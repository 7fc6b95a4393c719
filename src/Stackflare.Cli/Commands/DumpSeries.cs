using Stackflare.Capture;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Cli.Commands;

/// <summary>A series of dumps of one process, taken on request. Not thread-safe.</summary>
internal sealed class DumpSeries(ProcessCapture capture, Sampling sampling, Interrupt interrupt)
{
    private int _taken;

    /// <summary>The error that ended the series early; null if there was none.</summary>
    public StackflareException? Error { get; private set; }

    /// <summary>Finished dumps. If the runtime does not answer the first request, one dump with the kernel's view.</summary>
    public IEnumerable<ThreadDump> Dumps()
    {
        foreach (Snapshot sample in Samples())
            yield return Symbolicate(sample);
        // If the process has ended, the kernel lists no threads.
        if (Error is { } error && _taken == 0 && KernelMayTell(error) && capture.WithoutStacks(error).Dump(interrupt.Token) is { RuntimeThreads.Count: > 0 } dump)
            yield return dump;
    }

    /// <summary>Snapshots, without building dumps.</summary>
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
            // After an interrupt, other errors are only its effect.
            Error = interrupt.Happened ? null : e;
            return null;
        }
    }

    /// <summary>Builds the dump of a sample.</summary>
    public ThreadDump Symbolicate(Snapshot sample)
    {
        using var watchdog = new Watchdog(capture.Limit + SymbolLimits.Time, "a file system with its symbols does not answer");
        return capture.Symbolicate(sample);
    }

    /// <summary>Whether the process exists and is accessible, so that the kernel's view is available without the runtime.</summary>
    private static bool KernelMayTell(StackflareException error) => error.Error
        is StackflareError.Timeout or StackflareError.SuspensionBlocked or StackflareError.CaptureFailed or StackflareError.ProcessStopped
        or StackflareError.ProbeUnavailable or StackflareError.DiagnosticsDisabled or StackflareError.DiagnosticsUnreachable or StackflareError.InvalidSnapshot;
}
