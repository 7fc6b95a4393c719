using System.Runtime.InteropServices;
using Stackflare.Processes;

namespace Stackflare.Snapshots;

/// <summary>What a dump has that the probe does not send: the host's view of the process, from about the time of the capture.</summary>
internal sealed class HostInfo
{
    private static string Here => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";

    /// <summary>The process id, as the host sees it.</summary>
    public required int ProcessId { get; init; }

    /// <summary>The program's name.</summary>
    public required string ProgramName { get; init; }

    /// <summary>Operating system and processor, for example <c>linux-x64</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>How long the process had run; null where the kernel did not say.</summary>
    public TimeSpan? Uptime { get; init; }

    /// <summary>A sentence of whoever took the snapshot, to be shown with the dump; null for none.</summary>
    public string? Note { get; init; }

    /// <summary>The process's threads by the kernel, listed just before the capture.</summary>
    public required KernelTasks Tasks { get; init; }

    /// <summary>The facts of a process on this machine.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="tasks">Its threads by the kernel, listed just before the capture.</param>
    public static HostInfo Of(int pid, KernelTasks tasks) => new()
    {
        ProcessId = pid,
        ProgramName = ProcessFiles.ProgramName(pid),
        Platform = Here,
        Uptime = ProcessFiles.Uptime(pid),
        Tasks = tasks,
    };

    /// <summary>The facts of a process that is not in our /proc: what its runtime tells, if it does.</summary>
    /// <param name="pid">Its id, as it sees itself.</param>
    /// <param name="programName">The program's name, as the runtime tells it; null where it does not.</param>
    public static HostInfo Of(int pid, string? programName) => new()
    {
        ProcessId = pid,
        ProgramName = programName is { Length: > 0 } ? programName : "?",
        Platform = Here,
        Tasks = KernelTasks.Of(new Dictionary<int, TaskStat>()),
    };

    /// <summary>The process as a dump has it.</summary>
    /// <param name="runtime">The version of its runtime; null where that is not known.</param>
    public DumpedProcess Process(Version? runtime) => new()
    {
        Id = ProcessId,
        Name = ProgramName,
        RuntimeVersion = runtime,
        Platform = Platform,
        Uptime = Uptime,
    };
}
