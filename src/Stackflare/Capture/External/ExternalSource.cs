using System.Globalization;
using System.Runtime.InteropServices;
using Stackflare.Processes;
using Stackflare.Runtime;
using Stackflare.Snapshots;

namespace Stackflare.Capture.External;

/// <summary>
/// Takes snapshots of a running process from outside: by its memory and the registers of its threads, without its runtime. So it works if the runtime cannot
/// or will not answer. Threads that wait in the kernel are not stopped; the others are stopped only while their registers and stacks are copied.
/// </summary>
/// <param name="target">The process.</param>
/// <param name="readHost">Reads the process's information from /proc.</param>
/// <param name="reason">Why the runtime was not asked; null if that was wanted.</param>
internal sealed class ExternalSource(TargetProcess target, Func<ProcessFacts> readHost, StackflareException? reason) : ICaptureSource
{
    private const string Library = "/libcoreclr.so", YamaSetting = "/proc/sys/kernel/yama/ptrace_scope";

    /// <summary>Files that may contain the runtime, if the process has no library of this name.</summary>
    private const int MaxPrograms = 64;

    private const string Supported = "Processes of .NET 10 and 11 on x64 can be read from outside.";

    public Snapshot Capture(CaptureOptions options, CancellationToken cancellationToken)
    {
        if (!target.IsVisible)
            throw new StackflareException(StackflareError.Unsupported, "The process is not in /proc, so it cannot be read from outside.", "Run the tool where the process can be seen.");
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            throw new StackflareException(StackflareError.Unsupported, "On this processor, processes cannot be read from outside.", Supported);
        try
        {
            return Read(options.Limits, cancellationToken);
        }
        catch (StackflareException) when (target.HasEnded())
        {
            throw StackflareException.NoSuchProcess(string.Create(CultureInfo.InvariantCulture, $"Process {target.Pid} has ended."));
        }
    }

    private Snapshot Read(DumpLimits limits, CancellationToken cancellationToken)
    {
        // In a series, the process may have ended since the last dump, and another one may have its id.
        CheckIdentity();
        // If memory becomes short because of the copies, the kernel must end this process and not the other.
        PreferredVictim.Become();
        MemoryMap map = ReadMap();
        MappedImages images = map.Images(target.RootPrefix);
        using var live = new LiveMemory(target.Pid);
        var copied = new CopiedMemory(live);
        var memory = new ProcessMemory(copied) { IsLive = true };
        RuntimeReader reader = OpenRuntime(live, memory, images);
        cancellationToken.ThrowIfCancellationRequested();
        ProcessFacts host = readHost();
        DateTimeOffset now = DateTimeOffset.UtcNow;
        List<ThreadPlace> places = [.. reader.Places(limits.MaxThreads)];
        // Threads and their stacks may have begun since the map was read.
        var copier = new ThreadCopier(new KernelThreadControl(target.Pid), copied, live, ReadMap(), host.Tasks.HostId);
        CheckIdentity();
        ThreadStop stop = copier.Copy(places, limits.MaxSnapshotBytes, limits.MaxPause);
        memory.Forget();
        copier.LeaveOutOthers(reader.Places(limits.MaxThreads), stop);
        Snapshot snapshot = reader.Read(host, copier.Threads, now, limits, () => (ExternalNotes.Of(stop), ExternalNotes.Why(reason)), stop: stop.Length, processId: target.NamespacePid);
        CheckIdentity();
        return snapshot;
    }

    /// <exception cref="StackflareException">The process has ended, or the ids in /proc are not those of this process's namespace.</exception>
    private void CheckIdentity()
    {
        if (target.HasEnded())
            throw StackflareException.NoSuchProcess(string.Create(CultureInfo.InvariantCulture, $"Process {target.Pid} has ended."));
        if (Path.GetFileName(File.ResolveLinkTarget("/proc/self", returnFinalTarget: false)?.FullName) is var self && self != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
        {
            throw new StackflareException(
                StackflareError.Unsupported, "/proc is that of another pid namespace, so its ids are not those of the kernel's calls here.", "Run the tool where /proc is its own.");
        }
    }

    private MemoryMap ReadMap()
    {
        try
        {
            return MemoryMap.Parse(File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{target.Pid}/maps")));
        }
        catch (UnauthorizedAccessException)
        {
            throw Refused();
        }
        catch (IOException)
        {
            throw StackflareException.NoSuchProcess(string.Create(CultureInfo.InvariantCulture, $"Process {target.Pid} has ended."));
        }
    }

    /// <summary>Opens the runtime's library, or the program that contains the runtime.</summary>
    private RuntimeReader OpenRuntime(LiveMemory live, ProcessMemory memory, MappedImages images)
    {
        IEnumerable<MappedImage> libraries = images.All.Where(static i => i.Path.EndsWith(Library, StringComparison.Ordinal));
        foreach (MappedImage image in libraries.Concat(images.All.Where(static i => !i.Path.Contains(".so", StringComparison.Ordinal)).Take(MaxPrograms)))
        {
            if (ElfImage.Open(memory, image.Start)?.Export(ContractDescriptor.Symbol) is { } address and not 0 && ContractDescriptor.Read(memory, address) is { } descriptor)
                return RuntimeReader.Open(memory, descriptor, image.Path, images);
            if (live.IsRefused)
                throw Refused();
        }
        throw new StackflareException(
            StackflareError.Unsupported,
            target.Runtime.Version is { } version
                ? string.Create(CultureInfo.InvariantCulture, $"Process {target.Pid} runs on .NET {version}, which does not describe its data.")
                : string.Create(CultureInfo.InvariantCulture, $"The runtime of process {target.Pid} does not describe its data."),
            Supported);
    }

    /// <summary>The error of missing rights: the process has the same user, or ours is root.</summary>
    private StackflareException Refused()
    {
        string scope = "";
        if (File.Exists(YamaSetting) && File.ReadAllText(YamaSetting).Trim() is var setting and not "0")
            scope = $" (kernel.yama.ptrace_scope is {setting})";
        return new StackflareException(
            StackflareError.AccessDenied,
            string.Create(CultureInfo.InvariantCulture, $"The kernel does not let this process read the memory of process {target.Pid}{scope}."),
            "Run as root or with CAP_SYS_PTRACE; in a container, the seccomp profile must allow process_vm_readv and ptrace.");
    }
}
