using Stackflare.Processes;
using Stackflare.Snapshots.Format;

namespace Stackflare.Capture.Probe;

/// <summary>
/// What is known of a process's profiler slots: one main slot, needed to read the heap before .NET 11, and some notification-only slots. The runtime
/// counts the notification-only profilers. A bug on .NET 9 and 10 decrements that count when a main profiler detaches; from then on, the runtime
/// ignores as many notification-only profilers. Not thread-safe.
/// </summary>
internal sealed class ProfilerSlots
{
    /// <summary>Forbids a main profiler, in the environment of the program or of this process.</summary>
    public const string Forbidding = "STACKFLARE_NO_MAIN_PROFILER";

    private const int FirstWithHeap = 9, FirstWithoutMain = 11;

    /// <summary>The process id; 0 if the process is not visible.</summary>
    public int Pid { get; init; }

    /// <summary>The major version of its runtime; null if not known.</summary>
    public int? RuntimeMajor { get; init; }

    /// <summary>Whether the runtime does not allow to read the heap at all, so that taking the main slot is useless.</summary>
    public bool HasNoHeap => RuntimeMajor < FirstWithHeap;

    /// <summary>Whether the heap can be read from a notification-only slot: the collector publishes where it is.</summary>
    public bool CanReadHeapBeside => RuntimeMajor >= FirstWithoutMain;

    /// <summary>Whether that has worked once. A later failure is then no reason to take the main slot.</summary>
    public bool HasReadHeapBeside { get; set; }

    /// <summary>Whether the program started with a notification-only profiler, which the runtime would ignore afterwards.</summary>
    public bool HasOthersBeside { get; init; }

    /// <summary>Whether a variable forbids taking the main slot.</summary>
    public bool IsMainForbidden { get; init; }

    /// <summary>Whether a main profiler has detached, so that the runtime ignores the next notification-only one.</summary>
    public bool LostBesideCount { get; set; }

    /// <summary>Reads how a process was started.</summary>
    /// <param name="pid">The process id; 0 if the process is not visible.</param>
    /// <param name="runtime">The version of its runtime; null if not known.</param>
    public static ProfilerSlots Inspect(int pid, Version? runtime)
    {
        ProcessEnvironment environment = ProcessEnvironment.Read(pid);
        return new ProfilerSlots
        {
            Pid = pid,
            RuntimeMajor = runtime?.Major,
            HasOthersBeside = environment.Get("CORECLR_ENABLE_NOTIFICATION_PROFILERS") is not (null or "0") || environment.Get("CORECLR_NOTIFICATION_PROFILERS") is { Length: > 0 },
            IsMainForbidden = IsSet(environment.Get(Forbidding)) || IsSet(Environment.GetEnvironmentVariable(Forbidding)),
        };
    }

    /// <summary>The reason not to take the main slot; <see cref="HeapOmission.None"/> if it may be taken.</summary>
    public HeapOmission WhyMainIsNotTaken(CaptureOptions options) => this switch
    {
        _ when IsMainForbidden || !options.AllowMainProfiler => HeapOmission.MainForbidden,
        { HasOthersBeside: true } => HeapOmission.OthersBeside,
        _ => HeapOmission.None,
    };

    private static bool IsSet(string? value) => value is { Length: > 0 } and not "0";
}
