namespace Stackflare.Capture;

/// <summary>
/// What is known of a process's places for profilers: one for a main profiler, who alone can look through the heap, and some beside it. The runtime counts those
/// beside it, and by mistake (seen on .NET 9 and 10) counts one less when a main one goes: from then on it overlooks as many of them. For one thread.
/// </summary>
internal sealed class ProfilerPlaces
{
    /// <summary>What the runtime answers to a profiler that it overlooks and that wants to walk a stack.</summary>
    private const int InconsistentWithFlags = unchecked((int)0x80131374);

    /// <summary>Whether the program began with a profiler beside the main one, which would be overlooked.</summary>
    public bool HasOthersBeside { get; init; }

    /// <summary>Whether a main profiler has gone, so that whoever comes beside it is overlooked.</summary>
    public bool HasLostCount { get; set; }

    /// <summary>Whether a snapshot has no stacks because its probe was overlooked.</summary>
    public static bool WasOverlooked(RawSnapshot snapshot) => Array.Exists(snapshot.Threads, static t => t.HResult == InconsistentWithFlags);

    /// <summary>Looks at how a process was started.</summary>
    public static ProfilerPlaces Of(int pid)
    {
        ProcessEnvironment environment = ProcessEnvironment.Of(pid);
        return new ProfilerPlaces
        {
            HasOthersBeside = environment.Get("CORECLR_ENABLE_NOTIFICATION_PROFILERS") is not (null or "0") || environment.Get("CORECLR_NOTIFICATION_PROFILERS") is { Length: > 0 },
        };
    }
}
