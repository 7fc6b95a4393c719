using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Stackflare.Analysis;
using Stackflare.Building;
using Stackflare.Capture.External;
using Stackflare.Capture.Probe;
using Stackflare.Processes;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;

namespace Stackflare.Capture;

/// <summary>
/// Takes dumps of another process, any number of times. Caches names and lines between dumps. Not thread-safe.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class ProcessCapture : IDisposable
{
    /// <summary>Time limit for an answer that normally comes immediately.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private static readonly Version Oldest = new(8, 0);

    private readonly TargetProcess _target;
    private readonly ReadOnlyMemory<byte> _probe;
    private readonly CaptureOptions _options;
    private readonly Symbolicator _symbolicator;
    private bool _useMemory = true;
    private MemoryFile? _memory;
    private volatile ProbeTransport? _transport;
    private ProcessFacts? _host;

    /// <summary>Checks whether the process can be dumped.</summary>
    /// <param name="target">The process.</param>
    /// <param name="probes">Returns the probe's bytes for a runtime identifier; null if there is no such probe.</param>
    /// <param name="options">What to collect, and limits.</param>
    /// <param name="symbolDirectories">Additional directories with PDBs and assemblies.</param>
    /// <exception cref="StackflareException">The process cannot be dumped; the error says why.</exception>
    public ProcessCapture(TargetProcess target, Func<string, ReadOnlyMemory<byte>?> probes, CaptureOptions options, IReadOnlyList<string> symbolDirectories)
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
        Source = new ProbeSource(() => _transport = ProbeTransport.To(_target, _probe.Span, _useMemory, ref _memory), ProfilerSlots.Inspect(pid, RuntimeVersion()), options => Look(options.Sample is not null));
        _symbolicator = new Symbolicator(SymbolOptions.ForTool with
        {
            SourceText = options.SourceText,
            SymbolDirectories = symbolDirectories,
            SingleFilePath = _target.ExecutablePath,
            RootPrefix = _target.RootPrefix,
        });
    }

    /// <summary>
    /// The runtime's version, from the path of its library or from a query, because a program can include its own runtime. Null if neither works.
    /// </summary>
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
            return null; // The capture fails for the same reason and reports it.
        }
    }

    /// <summary>The source of the snapshots.</summary>
    internal ProbeSource Source { get; }

    /// <summary>Time limit of a snapshot.</summary>
    public TimeSpan Limit => _options.Limits.Timeout;

    /// <summary>Whether its dumps have async stacks, if the runtime allows it.</summary>
    public bool FindsAsyncStacks => _options.AsyncStacks is not AsyncStackMode.Never;

    /// <summary>Takes a snapshot.</summary>
    /// <param name="cancellationToken">Ends the wait, like a timeout.</param>
    /// <param name="withAsync">False for a short pause, without the async stacks that the options ask for.</param>
    /// <exception cref="StackflareException">No snapshot could be taken; the error says why.</exception>
    public Snapshot TakeSnapshot(CancellationToken cancellationToken, bool withAsync = true) =>
        TakeSnapshot(withAsync ? _options : _options with { AsyncStacks = AsyncStackMode.Never }, cancellationToken);

    /// <summary>Takes the snapshot of a sample: stacks and processor times only.</summary>
    /// <param name="last">The threads of the last sample: those that have not run since are not walked.</param>
    /// <param name="cancellationToken">Ends the wait, like a timeout.</param>
    /// <exception cref="StackflareException">No snapshot could be taken; the error says why.</exception>
    public Snapshot TakeSample(IReadOnlyCollection<SeenThread> last, CancellationToken cancellationToken) =>
        TakeSnapshot(_options with { AsyncStacks = AsyncStackMode.Never, Sample = last }, cancellationToken);

    /// <summary>Takes a snapshot from outside, without the process's runtime.</summary>
    /// <param name="reason">Why the runtime is not asked, or has not answered; null if that is wanted.</param>
    /// <param name="cancellationToken">Ends the wait, like a timeout.</param>
    /// <exception cref="StackflareException">The process cannot be read; the error says why.</exception>
    public Snapshot TakeFromOutside(StackflareException? reason, CancellationToken cancellationToken) =>
        new ExternalSource(_target, () => Look(isSample: false), reason).Capture(_options, cancellationToken);

    private Snapshot TakeSnapshot(CaptureOptions options, CancellationToken cancellationToken)
    {
        if (_target.IsStopped())
            throw Stopped(_target.Pid);
        try
        {
            return Take(options, cancellationToken);
        }
        catch (StackflareException e) when (_useMemory && ProbeTransport.CanUseMemory(_target) && SnapshotCapture.CouldNotLoad(e))
        {
            // A different group, a hidden /proc or a security module can prevent the process from opening the file in memory.
            _useMemory = false;
            return Take(options, cancellationToken);
        }
    }

    /// <summary>Checks whether the process has ended. If so, that is the error to report, because other errors are only its effect.</summary>
    private bool HasEnded() => _target.IsVisible && _target.HasEnded();

    private Snapshot Take(CaptureOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return Source.Capture(options, cancellationToken);
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
        $"Process {pid} was compiled with NativeAOT, and has no runtime that can return stacks.",
        "A native debugger shows its threads: gdb -p or eu-stack -p.");

    private static StackflareException Stopped(int pid) => new(
        StackflareError.ProcessStopped,
        $"Process {pid} is stopped (by SIGSTOP, Ctrl+Z or a debugger), so its runtime cannot answer.",
        $"Resume it: kill -CONT {pid}.");

    private static StackflareException OtherProcessor(int pid, string processor, string own) => new(
        StackflareError.Unsupported, $"Process {pid} runs on .NET for {processor}, and this build is for {own}.", $"Use the build for {processor}.");

    private static StackflareException OtherLibc(int pid, string libc, string platform) => new(
        StackflareError.LibcMismatch,
        $"Process {pid} uses {libc}, and this build has no probe for it ({platform}).",
        libc == "musl" ? "Use a build that contains one; building it requires musl-gcc." : $"Use the build for {platform}.");

    /// <summary>Removes the files that the current capture has created, because this process is about to end. Thread-safe.</summary>
    public void Abandon() => _transport?.RemoveFiles();

    public void Dispose() => _memory?.Dispose();

    /// <summary>Builds the dump of a snapshot, with names and lines.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="reason">Why it was taken from outside; null if it was not.</param>
    public ThreadDump Symbolicate(Snapshot snapshot, StackflareException? reason = null)
    {
        ThreadDump dump = DumpBuilder.Build(snapshot, _symbolicator, ownThread: null);
        return reason is null ? dump : dump with { Findings = [.. SuspensionFindings.In(reason, [.. snapshot.Host.Tasks.Waiting()]), .. dump.Findings] };
    }

    /// <summary>Saves a snapshot with the names and lines that this machine has: the machine that shows it may not have them.</summary>
    /// <exception cref="OutputException">The file could not be written.</exception>
    public void Save(Snapshot snapshot, string path) => SnapshotFile.Save(path, snapshot, SymbolSaver.Save(snapshot, _symbolicator));

    /// <summary>The kernel's view of the process's threads, if its runtime does not answer and it cannot be read from outside.</summary>
    /// <param name="error">Why there are no stacks.</param>
    /// <param name="outside">Why it cannot be read from outside; null if that was not tried.</param>
    public IDumpSource WithoutStacks(StackflareException error, StackflareException? outside) => new KernelDumpSource(Look(isSample: false), _target.Runtime.Version, error, outside);

    /// <summary>What the kernel says of the process. For a sample, nothing that stays the same is read again.</summary>
    private ProcessFacts Look(bool isSample)
    {
        if (!_target.IsVisible)
            return ProcessFacts.NotVisible(_target.ShownPid, RuntimeInfo.Ask(_target.SocketPath!, Patience)?.EntryAssembly);
        var tasks = new KernelTasks(_target.Pid, _target.NamespacePid != _target.Pid, list: !isSample);
        return isSample && _host is { } known ? known.ForSample(tasks) : _host = ProcessFacts.Inspect(_target.Pid, tasks);
    }
}
