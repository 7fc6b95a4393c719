using Stackflare.Capture;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Cli.Commands;

/// <summary>
/// A series of dumps of one process, taken on request. If its runtime does not answer, they are read from outside, and so are all that follow: then they
/// can be compared. Not thread-safe.
/// </summary>
/// <param name="capture">Takes the dumps.</param>
/// <param name="sampling">How many, and how far apart.</param>
/// <param name="interrupt">Ends the series.</param>
/// <param name="fromOutside">Whether the runtime is not asked at all.</param>
internal sealed class DumpSeries(ProcessCapture capture, Sampling sampling, Interrupt interrupt, bool fromOutside)
{
    /// <summary>A read from outside takes some milliseconds. If it comes after a wait that was short on purpose, it still gets this time.</summary>
    private static readonly TimeSpan OutsideTime = TimeSpan.FromSeconds(5);

    /// <summary>The time between two stops, in lengths of the last one.</summary>
    private const int LeastOfStop = 10;

    private int _taken;
    private TimeSpan _stopped;
    private bool _isOutside = fromOutside;

    /// <summary>Why the runtime is not asked any more, and why the process cannot be read from outside.</summary>
    private StackflareException? _reason, _outside;

    /// <summary>The error that ended the series early; null if there was none.</summary>
    public StackflareException? Error { get; private set; }

    /// <summary>Finished dumps. If the first one cannot be read from outside either, one dump with the kernel's view.</summary>
    public IEnumerable<ThreadDump> Dumps()
    {
        foreach (Snapshot sample in Samples())
            yield return Symbolicate(sample);
        // If the process has ended, the kernel lists no threads.
        if (Error is { } error && _taken == 0 && KernelMayTell(error) && capture.WithoutStacks(error, _outside).Dump(interrupt.Token) is { RuntimeThreads.Count: > 0 } dump)
            yield return dump;
    }

    /// <summary>Snapshots, without building dumps.</summary>
    public IEnumerable<Snapshot> Samples()
    {
        while (sampling.WantsMore(_taken) && !interrupt.Happened)
        {
            // A program that is stopped from outside must run most of the time.
            TimeSpan least = _isOutside ? LeastOfStop * _stopped : TimeSpan.Zero;
            if (_taken > 0 && interrupt.WaitOr(sampling.Interval > least ? sampling.Interval : least))
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
            return _isOutside ? TakeFromOutside() : TakeFromRuntime();
        }
        catch (StackflareException e)
        {
            // After an interrupt, other errors are only its effect.
            Error = interrupt.Happened ? null : e;
            return null;
        }
    }

    private Snapshot TakeFromRuntime()
    {
        try
        {
            using var watchdog = new Watchdog(capture.Limit, cleanUp: capture.Abandon);
            return capture.TakeSnapshot(interrupt.Token);
        }
        // Once the runtime has answered, one failure is no reason to stop the program from outside from now on.
        catch (StackflareException e) when ((_taken == 0 ? KernelMayTell(e) : StaysSilent(e)) && !AnswersOthers(e) && !interrupt.Happened)
        {
            _reason = e;
        }
        try
        {
            Snapshot snapshot = TakeFromOutside();
            _isOutside = true;
            return snapshot;
        }
        catch (StackflareException e) when (e.Error is not StackflareError.NoSuchProcess)
        {
            _outside = e;
            throw _reason;
        }
    }

    private Snapshot TakeFromOutside()
    {
        using var watchdog = new Watchdog(capture.Limit > OutsideTime ? capture.Limit : OutsideTime);
        Snapshot snapshot = capture.TakeFromOutside(_reason, interrupt.Token);
        _stopped = snapshot.Timings.Pause;
        return snapshot;
    }

    /// <summary>Builds the dump of a sample.</summary>
    public ThreadDump Symbolicate(Snapshot sample)
    {
        using var watchdog = new Watchdog(capture.Limit + SymbolLimits.Time, "a file system with its symbols does not answer");
        return capture.Symbolicate(sample, _reason);
    }

    /// <summary>Whether the runtime did answer, so that asking it again is better than reading the process from outside.</summary>
    private static bool AnswersOthers(StackflareException error) => error.Error is StackflareError.InvalidSnapshot;

    /// <summary>Whether the runtime cannot be expected to answer soon.</summary>
    private static bool StaysSilent(StackflareException error) => error.Error is StackflareError.ProcessStopped or StackflareError.SuspensionBlocked or StackflareError.DiagnosticsUnreachable;

    /// <summary>Whether the process exists and is accessible, so that the kernel's view is available without the runtime.</summary>
    private static bool KernelMayTell(StackflareException error) => error.Error
        is StackflareError.Timeout or StackflareError.SuspensionBlocked or StackflareError.CaptureFailed or StackflareError.ProcessStopped
        or StackflareError.ProbeUnavailable or StackflareError.DiagnosticsDisabled or StackflareError.DiagnosticsUnreachable or StackflareError.InvalidSnapshot;
}
