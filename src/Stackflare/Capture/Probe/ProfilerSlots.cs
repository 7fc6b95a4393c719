using System.Globalization;
using System.Text;
using Stackflare.Interop;
using Stackflare.Processes;
using Stackflare.Snapshots.Format;

namespace Stackflare.Capture.Probe;

/// <summary>
/// What is known of a process's places for profilers: one for a main profiler, who alone is told where the heap is, and some beside it. From .NET 11 on that takes no place. The runtime counts those
/// beside it, and by mistake (seen on .NET 9 and 10) counts one less when a main one goes: from then on it overlooks as many of them. For one thread.
/// </summary>
internal sealed class ProfilerSlots
{
    /// <summary>Forbids a main profiler, in the environment of the program or in ours.</summary>
    public const string Forbidding = "STACKFLARE_NO_MAIN_PROFILER";

    private const int FirstWithHeap = 9, FirstWithoutMain = 11;

    /// <summary>The process; 0 for one that is not seen.</summary>
    public int Pid { get; init; }

    /// <summary>The major version of its runtime; null where it is not known.</summary>
    public int? RuntimeMajor { get; init; }

    /// <summary>Whether the runtime gives the heap to nobody, so that no place need be taken to hear that.</summary>
    public bool HasNoHeap => RuntimeMajor < FirstWithHeap;

    /// <summary>Whether the heap may be looked through from beside the main place: the collector says where it is.</summary>
    public bool MayLookFromBeside => RuntimeMajor >= FirstWithoutMain;

    /// <summary>Whether the heap was looked through from there: what fails after that is no reason to take the main place.</summary>
    public bool HasLookedFromBeside { get; set; }

    /// <summary>Whether the program began with a profiler beside the main one, which would be overlooked.</summary>
    public bool HasOthersBeside { get; init; }

    /// <summary>Whether a variable forbids to take the main one's place.</summary>
    public bool IsMainForbidden { get; init; }

    /// <summary>Whether a main profiler has gone, so that whoever comes beside it is overlooked.</summary>
    public bool LostBesideCount { get; set; }

    /// <summary>Looks at how a process was started.</summary>
    /// <param name="pid">The process; 0 for one that is not seen.</param>
    /// <param name="runtime">The version of its runtime; null where it is not known.</param>
    public static ProfilerSlots Of(int pid, Version? runtime)
    {
        ProcessEnvironment environment = ProcessEnvironment.Of(pid);
        return new ProfilerSlots
        {
            Pid = pid,
            RuntimeMajor = runtime?.Major,
            HasOthersBeside = environment.Get("CORECLR_ENABLE_NOTIFICATION_PROFILERS") is not (null or "0") || environment.Get("CORECLR_NOTIFICATION_PROFILERS") is { Length: > 0 },
            IsMainForbidden = IsSet(environment.Get(Forbidding)) || IsSet(Environment.GetEnvironmentVariable(Forbidding)),
        };
    }

    /// <summary>Whether the main place may be taken, and if not, why the heap is left out.</summary>
    public HeapOmission WhyMainIsNotTaken(CaptureOptions options) => this switch
    {
        _ when IsMainForbidden || !options.AllowMainProfiler => HeapOmission.MainForbidden,
        { HasOthersBeside: true } => HeapOmission.OthersBeside,
        _ => HeapOmission.None,
    };

    /// <summary>The memory that is the process's own, of which its heap is a part: resident, without that which a file is behind. 0 where it is not known.</summary>
    public long PrivateBytes()
    {
        Span<byte> buffer = stackalloc byte[256];
        return ParsePrivatePages(ProcFile.Read($"/proc/{Pid}/statm", buffer)) * Environment.SystemPageSize;
    }

    /// <summary>The numbers of statm are pages: in all, resident, of those with a file behind them.</summary>
    internal static long ParsePrivatePages(ReadOnlySpan<byte> statm)
    {
        string[] numbers = Encoding.ASCII.GetString(statm).Split(' ');
        return numbers.Length > 2
            && long.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out long resident)
            && long.TryParse(numbers[2], NumberStyles.None, CultureInfo.InvariantCulture, out long shared)
            ? Math.Max(resident - shared, 0)
            : 0;
    }

    private static bool IsSet(string? value) => value is { Length: > 0 } and not "0";
}
