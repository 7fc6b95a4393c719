using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Stackflare.Building;
using Stackflare.Capture.Probe;
using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;

namespace Stackflare.Capture;

/// <summary>
/// Dumps of another process, as often as asked. Names and lines that were found once are remembered from one dump to the next. For one thread.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class ProcessCapture : IDisposable
{
    /// <summary>For an answer that comes at once or not at all.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private static readonly Version Oldest = new(8, 0);

    private readonly TargetProcess _target;
    private readonly byte[] _probe;
    private readonly CaptureOptions _options;
    private readonly Symbolicator _symbolicator;
    private bool _useMemory = true;
    private MemoryFile? _memory;
    private volatile ProbeTransport? _route;

    /// <summary>Sees whether a dump can be had.</summary>
    /// <param name="target">The process.</param>
    /// <param name="probes">The probe's bytes by runtime identifier; null for one that there is no probe for.</param>
    /// <param name="options">What to look for, and limits.</param>
    /// <param name="symbolDirectories">Further directories to look for PDBs and assemblies in.</param>
    /// <exception cref="StackflareException">No dump can be had of it; the error says why.</exception>
    public ProcessCapture(TargetProcess target, Func<string, byte[]?> probes, CaptureOptions options, IReadOnlyList<string> symbolDirectories)
    {
        _target = target;
        int pid = target.Pid;
        switch (_target.Runtime.Kind)
        {
            case RuntimeKind.None: throw NotDotNet(pid);
            case RuntimeKind.NativeAot: throw NativeAot(pid);
        }
        if (_target.Runtime.Version is { } version && version < Oldest)
            throw new StackflareException(StackflareError.Unsupported, $"Process {pid} runs on .NET {version}.", "Stackflare needs .NET 8 or later.");
        if (_target.Runtime.Processor is { } processor && processor != RuntimeInformation.ProcessArchitecture)
            throw OtherProcessor(pid, ProbePlatform.Name(processor), ProbePlatform.Name(RuntimeInformation.ProcessArchitecture));
        string platform = ProbePlatform.For(_target.Runtime.IsMusl);
        _probe = probes(platform) ?? throw OtherLibc(pid, _target.Runtime.IsMusl ? "musl" : "glibc", platform);
        _options = options;
        Source = new ProbeSource(() => _route = ProbeTransport.To(_target, _probe, _useMemory, ref _memory), ProfilerSlots.Of(pid, RuntimeVersion()), Look);
        _symbolicator = new Symbolicator(new SymbolOptions
        {
            SourceText = options.SourceText,
            SymbolDirectories = symbolDirectories,
            SingleFilePath = _target.ExecutablePath,
            RootPrefix = _target.RootPrefix,
            MapsFiles = true,
            RetainedBytes = SymbolLimits.RetainedBytesInTool,
        });
    }

    /// <summary>The runtime's version by the path of its library, or by what it says of itself: a program can have a runtime of its own. Null where neither says.</summary>
    private Version? RuntimeVersion()
    {
        if (_target.Runtime.Version is { } version || _options.AsyncStacks is AsyncStackMode.Never || (_target.IsVisible && _target.IsStopped()))
            return _target.Runtime.Version;
        try
        {
            return RuntimeInfo.Ask(DiagnosticsSocket.Find(_target), Patience)?.Version;
        }
        catch (StackflareException)
        {
            return null; // The capture will say the same, and why.
        }
    }

    /// <summary>Where the snapshots come from.</summary>
    internal ProbeSource Source { get; }

    /// <summary>How long a snapshot may take.</summary>
    public TimeSpan Limit => _options.Limits.Timeout;

    /// <summary>Takes a snapshot.</summary>
    /// <param name="cancellationToken">Ends the wait for it, as if the time were up.</param>
    /// <exception cref="StackflareException">There is none; the error says why.</exception>
    public Snapshot TakeSnapshot(CancellationToken cancellationToken)
    {
        if (_target.IsStopped())
            throw Stopped(_target.Pid);
        try
        {
            return Take(cancellationToken);
        }
        catch (StackflareException e) when (_useMemory && ProbeTransport.CanUseMemory(_target) && SnapshotCapture.CouldNotLoad(e))
        {
            // A group of its own, a hidden /proc or a security module can keep the process from the file in memory.
            _useMemory = false;
            return Take(cancellationToken);
        }
    }

    /// <summary>Looks again at a process that could not be captured: that it has ended says more than whatever failed for that reason.</summary>
    private bool HasEnded() => _target.IsVisible && ProcessFiles.StartTicks(_target.Pid) != _target.StartTicks;

    private Snapshot Take(CancellationToken cancellationToken)
    {
        try
        {
            return Source.Capture(_options, cancellationToken);
        }
        catch (StackflareException) when (HasEnded())
        {
            throw StackflareException.NoSuchProcess(string.Create(CultureInfo.InvariantCulture, $"Process {_target.Pid} has ended."));
        }
    }

    private static StackflareException NotDotNet(int pid) => new(
        StackflareError.NotDotNet, $"Process {pid} does not run .NET.", "'dotnet run' and 'dotnet watch' start your program as a child; name that one.");

    private static StackflareException NativeAot(int pid) => new(
        StackflareError.NativeAot,
        $"Process {pid} was compiled with NativeAOT, and has no runtime that could be asked for stacks.",
        "A native debugger shows its threads: gdb -p or eu-stack -p.");

    private static StackflareException Stopped(int pid) => new(
        StackflareError.ProcessStopped,
        $"Process {pid} is stopped (by SIGSTOP, Ctrl+Z or a debugger), so that its runtime cannot answer.",
        $"Let it go on: kill -CONT {pid}.");

    private static StackflareException OtherProcessor(int pid, string processor, string own) => new(
        StackflareError.Unsupported, $"Process {pid} runs on .NET for {processor}, and this build is for {own}.", $"Use the build for {processor}.");

    private static StackflareException OtherLibc(int pid, string libc, string platform) => new(
        StackflareError.LibcMismatch,
        $"Process {pid} uses {libc}, and there is no probe for that here ({platform}).",
        libc == "musl" ? "Use a build that carries one: it does if musl-gcc was there when it was built." : $"Use the build for {platform}.");

    /// <summary>Removes what was made for the capture at hand, which will not end: the process is about to. From any thread.</summary>
    public void Abandon() => _route?.RemoveFiles();

    public void Dispose() => _memory?.Dispose();

    /// <summary>Names and lines for a snapshot.</summary>
    public ThreadDump Symbolicate(Snapshot snapshot) => DumpBuilder.Build(snapshot, _symbolicator, ownThread: null);

    /// <summary>Saves a snapshot, with the names and lines that are found here: they may not be where it is shown.</summary>
    /// <exception cref="OutputException">It could not be written.</exception>
    public void Save(Snapshot snapshot, string path) => SnapshotFile.Save(path, snapshot, SymbolSaver.Save(snapshot, _symbolicator));

    /// <summary>What the kernel knows of the process's threads, for when its runtime does not answer.</summary>
    /// <param name="error">Why there are no stacks.</param>
    public IDumpSource WithoutStacks(StackflareException error) => new KernelDumpSource(Look(), _target.Runtime.Version, error);

    private HostInfo Look() => _target.IsVisible
        ? HostInfo.Of(_target.Pid, new KernelTasks(_target.Pid, _target.NamespacePid != _target.Pid))
        : HostInfo.Of(_target.ShownPid, RuntimeInfo.Ask(_target.SocketPath!, Patience)?.EntryAssembly);
}
