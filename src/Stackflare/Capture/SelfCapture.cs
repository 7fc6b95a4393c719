using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stackflare.Building;
using Stackflare.Capture.Probe;
using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Capture;

/// <summary>
/// Takes dumps of the current process, one at a time: the runtime supports one attach at a time, and the symbolicator's caches are not
/// thread-safe. Callers that wait share the next dump if their options are equal.
/// </summary>
internal static class SelfCapture
{
    /// <summary>The queue of all dumps of this process.</summary>
    internal static readonly CaptureQueue<CaptureOptions, ThreadDump> Queue = new(SymbolLimits.Time);

    /// <summary>How long a dump may take, with its names and lines.</summary>
    public static TimeSpan LongestDump(CaptureOptions options) => options.Limits.Timeout + SymbolLimits.Time;

    private static Symbolicator? _withText, _withoutText;
    private static ProbeSource? _source;

    /// <summary>Held while the runtime attaches the probe.</summary>
    private static readonly object AttachGate = new();
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(1);
    private static HeldCapture? _held;

    /// <summary>Checks what can be checked without a capture.</summary>
    /// <exception cref="StackflareException">This process cannot be dumped.</exception>
    public static void EnsureSupported()
    {
        if (!OperatingSystem.IsLinux())
            throw Unsupported($"Stackflare does not work on {RuntimeInformation.OSDescription}.");
        if (RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
            throw Unsupported($"There is no probe for {RuntimeInformation.ProcessArchitecture}.");
        if (!RuntimeFeature.IsDynamicCodeCompiled)
            throw Unsupported("A program compiled ahead of time (NativeAOT) has no runtime that can return stacks.");
        _ = ProbeLibrary.Instance;
        _ = DiagnosticsSocket.FindOwn();
    }

    private static StackflareException Unsupported(string problem) =>
        new(StackflareError.Unsupported, problem, "Stackflare needs .NET 8 or later (CoreCLR) on 64-bit Linux.");

    /// <param name="options">What to collect. Callers with equal options that wait during a dump share the next one.</param>
    /// <param name="ownThread">Kernel id of the calling thread, if it only takes dumps.</param>
    /// <param name="cancellationToken">Ends the wait. The capture is cancelled unless other callers wait for it.</param>
    /// <exception cref="StackflareException">No dump could be taken; the error says why.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static ThreadDump Take(CaptureOptions options, int? ownThread, CancellationToken cancellationToken = default) =>
        Queue.Take(options, options.Limits.Timeout, token => TakeNow(options, ownThread, token), cancellationToken);

    private static ThreadDump TakeNow(CaptureOptions options, int? ownThread, CancellationToken cancellationToken)
    {
        Snapshot snapshot = Capture(options, cancellationToken);
        return DumpBuilder.Build(snapshot, SymbolicatorFor(options), ownThread, ownPool: OwnThreadPool.Complete(snapshot.ThreadPool));
    }

    private static Snapshot Capture(CaptureOptions options, CancellationToken cancellationToken)
    {
        lock (AttachGate)
        {
            _source ??= NewSource();
            if (_held is not { } held)
                return _source.Capture(options, cancellationToken);
            if (options.IsWarmUp)
                throw new OperationCanceledException("The held capture may be the last one of this process.");
            _held = null;
            try
            {
                return held.Take(held.Options.Limits.Timeout);
            }
            finally
            {
                // For the next one, with what was asked for at first. The runtime may have begun to exit meanwhile; then this was the last.
                _held = HeldCapture.TryBegin(_source, held.Options, LongestHold);
            }
        }
    }

    /// <summary>
    /// Has the probe attached now, for the next dump: the runtime attaches nothing once it begins to exit. The next dump has what these options
    /// collect, also if it is taken with others. Until <see cref="Release"/>, the runtime's diagnostics answer no other tool. Takes a few milliseconds, and
    /// a second at most. If it fails, the next dump is taken as usual.
    /// </summary>
    /// <param name="options">What the next dump collects, and its limits.</param>
    public static void Hold(CaptureOptions options)
    {
        // While a dump is being taken, it waits no longer than it may: this is on the way of the process to its end.
        if (!Monitor.TryEnter(AttachGate, LongestHold))
            return;
        try
        {
            _held ??= HeldCapture.TryBegin(_source ??= NewSource(), options, LongestHold);
        }
        finally
        {
            Monitor.Exit(AttachGate);
        }
    }

    /// <summary>Undoes <see cref="Hold"/>.</summary>
    public static void Release()
    {
        lock (AttachGate)
        {
            _held?.GiveUp();
            _held = null;
        }
    }

    private static ProbeSource NewSource()
    {
        int pid = Environment.ProcessId;
        return new ProbeSource(
            static () => ProbeTransport.ToSelf(ProbeLibrary.Instance.Path), ProfilerSlots.Inspect(pid, Environment.Version), _ => ProcessFacts.Inspect(pid, new KernelTasks(pid)));
    }

    private static Symbolicator SymbolicatorFor(CaptureOptions options) => options.SourceText
        ? _withText ??= NewSymbolicator(true)
        : _withoutText ??= NewSymbolicator(false);

    private static Symbolicator NewSymbolicator(bool sourceText) =>
        new(new SymbolOptions { SourceText = sourceText, SingleFilePath = "/proc/self/exe" });
}
