using System.Runtime.InteropServices;
using Stackflare.Processes;

namespace Stackflare.Snapshots;

/// <summary>The host's view of the process at about the time of the capture: what the probe does not send.</summary>
internal sealed record ProcessFacts
{
    private static string Here => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";

    /// <summary>The process id in the host's pid namespace.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The program's name.</summary>
    public required string ProgramName { get; init; }

    /// <summary>Operating system and processor, for example <c>linux-x64</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>How long the process had run; null if the kernel does not provide it.</summary>
    public TimeSpan? Uptime { get; init; }

    /// <summary>A sentence to show with the dump, from the code that took the snapshot; null if there is none.</summary>
    public string? Note { get; init; }

    /// <summary>The kernel's list of the process's threads, read just before the capture; for a sample, on first use.</summary>
    public required KernelTasks Tasks { get; init; }

    /// <summary>Reads the information of a process on this machine.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="tasks">The kernel's list of its threads, read just before the capture.</param>
    public static ProcessFacts Inspect(int pid, KernelTasks tasks) => new()
    {
        ProcessId = pid,
        ProgramName = ProcessFiles.ProgramName(pid),
        Platform = Here,
        Uptime = ProcessFiles.Uptime(pid),
        Tasks = tasks,
    };

    /// <summary>The same process for a sample, which is short because nothing is read again: it does not say how long the process has run.</summary>
    /// <param name="tasks">The kernel's list of its threads.</param>
    public ProcessFacts ForSample(KernelTasks tasks) => new()
    {
        ProcessId = ProcessId,
        ProgramName = ProgramName,
        Platform = Platform,
        Tasks = tasks,
    };

    /// <summary>The information of a process that is not visible in our /proc, from its runtime's answer.</summary>
    /// <param name="pid">Its id in its own pid namespace.</param>
    /// <param name="programName">The program's name from the runtime's answer; null if there is none.</param>
    public static ProcessFacts NotVisible(int pid, string? programName) => new()
    {
        ProcessId = pid,
        ProgramName = programName is { Length: > 0 } ? programName : "?",
        Platform = Here,
        Tasks = KernelTasks.FromSnapshot(new Dictionary<int, TaskStat>()),
    };

    /// <summary>The process, for the dump.</summary>
    /// <param name="runtime">The version of its runtime; null if not known.</param>
    public DumpedProcess Process(Version? runtime) => new()
    {
        Id = ProcessId,
        Name = ProgramName,
        RuntimeVersion = runtime,
        Platform = Platform,
        Uptime = Uptime,
    };
}
