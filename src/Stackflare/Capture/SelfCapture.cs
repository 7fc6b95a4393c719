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
    private static ProfilerPlaces? _profilers;

    /// <summary>Checks what can be known without a capture.</summary>
    /// <exception cref="StackflareException">No dump can be had in this process.</exception>
    public static void EnsureSupported()
    {
        if (!OperatingSystem.IsLinux())
            throw Unsupported($"Stackflare does not work on {RuntimeInformation.OSDescription}.");
        if (RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64))
            throw Unsupported($"There is no probe for {RuntimeInformation.ProcessArchitecture}.");
        if (!RuntimeFeature.IsDynamicCodeCompiled)
            throw Unsupported("A program compiled ahead of time (NativeAOT) has no runtime to ask for stacks.");
        _ = ProbeLibrary.Instance;
        _ = DiagnosticsPort.FindOwn();
    }

    private static StackflareException Unsupported(string problem) =>
        new(StackflareError.Unsupported, problem, "Stackflare needs .NET 8 or later (CoreCLR) on 64-bit Linux.");

    /// <exception cref="StackflareException">There is no dump; the type says why.</exception>
    public static ThreadDump Take(CaptureOptions options, int? ownThread)
    {
        if (!Monitor.TryEnter(Gate, options.Limits.Timeout))
            throw new CaptureTimeoutException(options.Limits.Timeout, "another dump of this process is being taken");
        try
        {
            int pid = Environment.ProcessId;
            KernelTasks tasks = new(pid);
            RawSnapshot snapshot = SnapshotCapture.Take(static () => CaptureRoute.ToSelf(ProbeLibrary.Instance.Path), options, _profilers ??= ProfilerPlaces.Of(pid, Environment.Version), tasks);
            tasks.SeeHowLong(snapshot);
            ThreadPoolState pool = OwnThreadPool.Complete(PoolBuilder.Build(snapshot));
            return DumpBuilder.Build(snapshot, SymbolicatorFor(options), HostFacts.Of(pid, tasks), ownThread, ownPool: pool);
        }
        finally
        {
            Monitor.Exit(Gate);
        }
    }

    private static Symbolicator SymbolicatorFor(CaptureOptions options) => options.SourceText
        ? _withText ??= NewSymbolicator(true)
        : _withoutText ??= NewSymbolicator(false);

    private static Symbolicator NewSymbolicator(bool sourceText) =>
        new(new SymbolOptions { SourceText = sourceText, SingleFilePath = "/proc/self/exe" });
}
