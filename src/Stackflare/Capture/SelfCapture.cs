using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stackflare.Building;
using Stackflare.Capture.Probe;
using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Capture;

/// <summary>
/// Dumps of one's own process. One at a time: the runtime takes one attach at a time, and the symbolicator's caches are for one
/// thread. Whoever waits, waits no longer than a capture may take.
/// </summary>
internal static class SelfCapture
{
    private static readonly object Gate = new();
    private static Symbolicator? _withText, _withoutText;
    private static ProbeSource? _source;

    /// <summary>Checks what can be known without a capture.</summary>
    /// <exception cref="StackflareException">No dump can be had in this process.</exception>
    public static void EnsureSupported()
    {
        if (!OperatingSystem.IsLinux())
            throw new UnsupportedPlatformException($"Stackflare does not work on {RuntimeInformation.OSDescription}.");
        if (RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
            throw new UnsupportedPlatformException($"There is no probe for {RuntimeInformation.ProcessArchitecture}.");
        if (!RuntimeFeature.IsDynamicCodeCompiled)
            throw new UnsupportedPlatformException("A program compiled ahead of time (NativeAOT) has no runtime to ask for stacks.");
        _ = ProbeLibrary.Instance;
        _ = DiagnosticsSocket.FindOwn();
    }

    /// <exception cref="StackflareException">There is no dump; the type says why.</exception>
    public static ThreadDump Take(CaptureOptions options, int? ownThread)
    {
        if (!Monitor.TryEnter(Gate, options.Limits.Time))
            throw new CaptureTimeoutException(options.Limits.Time, "another dump of this process is being taken");
        try
        {
            Snapshot snapshot = (_source ??= NewSource()).Capture(options, CancellationToken.None);
            return DumpBuilder.Build(snapshot, SymbolicatorFor(options), ownThread, ownPool: OwnThreadPool.Complete(snapshot.ThreadPool));
        }
        finally
        {
            Monitor.Exit(Gate);
        }
    }

    private static ProbeSource NewSource()
    {
        int pid = Environment.ProcessId;
        return new ProbeSource(
            static () => CaptureRoute.ToSelf(ProbeLibrary.Instance.Path), ProfilerPlaces.Of(pid, Environment.Version), () => HostFacts.Of(pid, new KernelTasks(pid)));
    }

    private static Symbolicator SymbolicatorFor(CaptureOptions options) => options.SourceText
        ? _withText ??= NewSymbolicator(true)
        : _withoutText ??= NewSymbolicator(false);

    private static Symbolicator NewSymbolicator(bool sourceText) =>
        new(new SymbolOptions { SourceText = sourceText, SingleFilePath = "/proc/self/exe" });
}
