namespace Stackflare.Diagnosis;

/// <summary>A garbage collection that cannot begin, so that whoever allocates, and in the end every thread, waits.</summary>
internal static class UnfinishedSuspension
{
    /// <summary>What there is to say when no stacks could be had.</summary>
    /// <param name="error">Why there are none.</param>
    /// <param name="threads">What the kernel says of the threads.</param>
    public static IEnumerable<Finding> In(StackflareException error, IReadOnlyList<RuntimeThread> threads)
    {
        if (error is not SuspensionTimeoutException suspension)
            yield break;
        List<string> evidence = [.. suspension.Stuck.Select(s => Evidence(s, threads.FirstOrDefault(t => t.OsId == s.OsId)))];
        if (evidence.Count == 0)
            evidence.AddRange(threads.Where(static t => t.Activity is ThreadActivity.Running).Select(static t => $"\"{t.Name}\" tid={t.OsId} is running"));
        if (evidence.Count == 0)
            evidence.Add("no thread is running: one may be in a native call that does not let the runtime go on (SuppressGCTransition)");
        yield return new Finding(
            FindingKind.SuspensionUnfinished,
            suspension.IsCollection
                ? "A garbage collection wants to stop the program and cannot: it waits for a thread that does not stop"
                : "The program does not stop for a dump, and would not for a garbage collection: one of its threads goes on",
            evidence, suspension.Stuck);
    }

    private static string Evidence(DumpThread stuck, RuntimeThread? thread) => $"it waits for {Words.Of(stuck)} tid={stuck.OsId}" + thread switch
    {
        null => "",
        { Activity: ThreadActivity.Running } => ", which is running: in a part of the runtime, or in native code, that does not look whether it should stop",
        { WaitChannel: { } channel } => $", which waits in the kernel ({channel}): in a native call that does not let the runtime go on (SuppressGCTransition)",
        _ => ", which waits in the kernel: in a native call that does not let the runtime go on (SuppressGCTransition)",
    };
}
