using Stackflare.Capture;
using Stackflare.Outputs;
using Stackflare.Writers;

namespace Stackflare.Triggers;

/// <summary>Takes the dumps of a trigger and writes them. Nothing that goes wrong here reaches the program. Safe to use from any thread.</summary>
internal sealed class DumpTaker
{
    /// <summary>What is warm already, as several triggers usually have the same options.</summary>
    private static readonly HashSet<(DumpFormat, RenderOptions, CaptureOptions)> Warm = [];

    private readonly TriggerOptions _options;

    /// <summary>Called with each dump of a trigger after it was written, on the thread that took it.</summary>
    public static event Action<ThreadDump>? Written;

    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why.</exception>
    public DumpTaker(TriggerOptions options)
    {
        _options = options;
        SelfCapture.EnsureSupported();
        options.Output.Validate();
    }

    /// <summary>How long a dump may take, with its names and lines.</summary>
    public TimeSpan Longest => SelfCapture.LongestDump(_options.Capture);

    /// <summary>
    /// Takes a dump and discards it, so that the code is compiled and the files are known for the first real one. A failure is
    /// not reported here, because a requested dump will fail in the same way and report it.
    /// </summary>
    /// <param name="ownThread">Kernel id of the calling thread, if it only takes dumps.</param>
    public void WarmUp(int? ownThread)
    {
        // Nobody has requested this dump, so it must not affect other profilers, or pause the program for long.
        CaptureOptions capture = _options.Capture with
        {
            AllowMainProfiler = false,
            AsyncStacks = _options.Capture.AsyncStacks is AsyncStackMode.Never ? AsyncStackMode.Never : AsyncStackMode.Auto,
            Heap = null,
            IsWarmUp = true,
        };
        lock (Warm)
        {
            if (!_options.WarmUp || !Warm.Add((_options.Format, _options.Render, capture)))
                return;
        }
        try
        {
            ThreadDump dump = SelfCapture.Take(capture, ownThread);
            DumpRenderer.Write(dump, _options.Format, _options.Render, TextWriter.Null);
            DumpRenderer.Write(WarmUpDump.Dump(), _options.Format, _options.Render, TextWriter.Null);
        }
#pragma warning disable CA1031 // An unhandled exception would end the program, which has not requested anything yet.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    /// <summary>As <see cref="WarmUp"/>, on the watch thread.</summary>
    public void WarmUpSoon() => WatchThread.Shared.Set(TimeSpan.Zero, ownThread =>
    {
        WarmUp(ownThread);
        return null;
    });

    /// <summary>Takes a dump and writes it. If that fails, reports why.</summary>
    /// <param name="reason">Why it is taken.</param>
    /// <param name="ownThread">Kernel id of the calling thread, if it only takes dumps.</param>
    public void Take(DumpReason reason, int? ownThread) => Take(dump => dump with { Reason = reason }, ownThread, reason);

    /// <summary>As <see cref="Take(DumpReason, int?)"/>, but what is found decides whether the dump is written.</summary>
    /// <param name="select">Returns what is written; null if nothing is.</param>
    /// <param name="ownThread">Kernel id of the calling thread, if it only takes dumps.</param>
    /// <param name="reason">Why it is taken, for the line that says that there is none.</param>
    public void Take(Func<ThreadDump, ThreadDump?> select, int? ownThread, DumpReason? reason = null)
    {
        try
        {
            if (select(SelfCapture.Take(_options.Capture, ownThread)) is not { } selected)
                return;
            // Also for a program that gets the dump itself, or logs it.
            ThreadDump dump = selected.For(_options.Render);
            _options.Output.Write(dump, _options.Format, _options.Render);
            TryCall(Written, dump);
        }
#pragma warning disable CA1031 // The calling thread must survive: the next dump may not have the same problem.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Report(e, reason);
        }
    }

    private void Report(Exception error, DumpReason? reason)
    {
        // The sender of a signal knows the reason.
        string when = reason is null or { Kind: DumpReasonKind.Signal } ? "" : reason.Text + "; ";
        if (!TryCall(_options.OnError, error))
            TryCall(static e => StandardStreamOutput.TryWriteLine($"stackflare: {e.When}no thread dump: {Describe(e.Error)}"), (When: when, Error: error));
    }

    /// <summary>The message of an exception of the program can throw as well.</summary>
    private static string Describe(Exception error) => error is StackflareException ? error.Message : $"{error.GetType()}: {error.Message}";

    /// <summary>Calls back into the program; false if there is no callback, or if it threw.</summary>
    public static bool TryCall<T>(Action<T>? callback, T argument)
    {
        if (callback is null)
            return false;
        try
        {
            callback(argument);
            return true;
        }
#pragma warning disable CA1031 // The thread must survive any exception of the callback.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }
}
