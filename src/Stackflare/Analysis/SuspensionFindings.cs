using System.Globalization;

namespace Stackflare.Analysis;

/// <summary>
/// Finds a thread that the runtime cannot suspend. When a garbage collection begins, every thread that allocates waits for it, and finally all
/// threads.
/// </summary>
internal static class SuspensionFindings
{
    private const string NativeCall = "in a native call that blocks the suspension (SuppressGCTransition)";

    /// <summary>The findings for a process whose stacks could not be captured.</summary>
    /// <param name="error">Why there are no stacks.</param>
    /// <param name="threads">The threads as the kernel shows them.</param>
    public static IEnumerable<Finding> In(StackflareException error, IReadOnlyList<RuntimeThread> threads) => error switch
    {
        SuspensionTimeoutException timeout => [OfTimeout(timeout, threads)],
        SuspensionBlockedException blocked => [OfBlockers(blocked, threads)],
        _ => [],
    };

    private static Finding OfTimeout(SuspensionTimeoutException suspension, IReadOnlyList<RuntimeThread> threads)
    {
        List<string> evidence = [.. suspension.Stuck.Select(s => Evidence(s, KernelThread(s, threads)))];
        if (evidence.Count == 0)
            evidence.AddRange(threads.Where(static t => t.Activity is ThreadActivity.Running).Select(static t => $"\"{t.Name}\" tid={t.OsId} is running"));
        if (evidence.Count == 0)
            evidence.Add("no thread is running: one may be in a native call that blocks the suspension (SuppressGCTransition)");
        return new Finding(
            FindingKind.SuspensionUnfinished,
            suspension.IsCollection
                ? "A garbage collection cannot stop the program: it waits for a thread that does not stop"
                : "Neither a dump nor a garbage collection can stop the program: one of its threads does not stop",
            evidence, suspension.Stuck);
    }

    private static Finding OfBlockers(SuspensionBlockedException blocked, IReadOnlyList<RuntimeThread> threads) => new(
        FindingKind.SuspensionUnfinished,
        "The runtime cannot stop the program, and the next garbage collection will freeze it until this thread continues",
        [.. blocked.Blockers.Select(b => Evidence(b, KernelThread(b.Thread, threads)))],
        [.. blocked.Blockers.Select(static b => b.Thread)]);

    private static string Evidence(SuspensionBlocker blocker, RuntimeThread? thread) => Name(blocker.Thread) + blocker switch
    {
        { IsHeld: true } => " is held by a debugger or another tracer",
        { SystemCall: { } call } => $" waits in the system call {call}{In(thread)}{For(blocker.OffCpuTime)}, {NativeCall}",
        _ => " runs native code that blocks the suspension (SuppressGCTransition)",
    };

    private static string Evidence(DumpThread stuck, RuntimeThread? thread) => $"it waits for {Name(stuck)}" + thread switch
    {
        null => "",
        { Activity: ThreadActivity.Running } => ", which is running: in code of the runtime, or in native code, that does not check whether it must stop",
        _ => $", which waits in the kernel{In(thread)}: {NativeCall}",
    };

    private static string Name(DumpThread thread) => thread.ManagedId is null ? DiagnosisText.Describe(thread) : $"{DiagnosisText.Describe(thread)} tid={thread.OsId}";

    private static string In(RuntimeThread? thread) => thread?.WaitChannel is { } channel ? $" ({channel})" : "";

    private static string For(TimeSpan? time) => time is not { } known ? ""
        : known.TotalSeconds < 60 ? string.Create(CultureInfo.InvariantCulture, $", for at least {Math.Floor(known.TotalSeconds * 10) / 10:0.#} s")
        : string.Create(CultureInfo.InvariantCulture, $", for at least {Math.Floor(known.TotalMinutes):0} min");

    private static RuntimeThread? KernelThread(DumpThread thread, IReadOnlyList<RuntimeThread> threads) => threads.FirstOrDefault(t => t.OsId == thread.OsId);
}
