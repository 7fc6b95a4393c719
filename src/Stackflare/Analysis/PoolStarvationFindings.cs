using System.Globalization;

namespace Stackflare.Analysis;

/// <summary>
/// Finds a thread pool whose workers are blocked while work is queued. The pool adds only one or two workers a second.
/// </summary>
internal static class PoolStarvationFindings
{
    private const int MaxPlaces = 5, MaxCalls = 2;

    /// <summary>Of so many workers, one may be doing something else: the pool has just added it, or its wait has just ended.</summary>
    private const int WorkersPerFree = 10;

    /// <summary>A worker that has been off its processor for less time than this may be in one of many short waits.</summary>
    private static readonly TimeSpan ShortWait = TimeSpan.FromMilliseconds(20);

    public static IEnumerable<Finding> In(ThreadDump dump)
    {
        DumpThread[] workers = [.. dump.Threads.Where(PoolWorkers.IsWorker)];
        DumpThread[] blocked = [.. workers.Where(IsBlocked)];
        int free = workers.Length - blocked.Length;
        // With fewer workers than its minimum, the pool starts a new one at once.
        if (blocked.Length == 0 || free * WorkersPerFree > workers.Length || (dump.ThreadPool?.Queued ?? 1) <= free || workers.Length < dump.ThreadPool?.Min)
            yield break;
        if (dump.ThreadPool is { IsWorkedOff: true })
            yield break;

        string others = free == 0 ? "no worker is free to take one" : $"only {DiagnosisText.Count(free, "worker is", "workers are")} not blocked";
        List<string> evidence = [dump.ThreadPool?.Queued is { } queued
            ? $"{DiagnosisText.Count(queued, "work item is", "work items are")} queued, and {others}"
            : "no worker is free; the number of queued work items is not known"];
        List<Hotspot> places = Hotspots.Count(blocked);
        // The place is what the reader looks for: it comes soon.
        evidence.AddRange(places.Take(MaxPlaces).Select(static p => $"{DiagnosisText.Count(p.Count, "is", "are")} blocked {DiagnosisText.At(p.Frame)}"));
        if (blocked.Count(static w => w.WaitingFor is { Kind: WaitKind.Task }) is > 0 and var inTasks)
            evidence.Add($"sync over async: {DiagnosisText.Count(inTasks, "worker is", "workers are")} blocked until a task completes, and the task may need a worker itself");
        evidence.AddRange(blocked.Where(static w => w.WaitingFor is null).GroupBy(Call).OrderByDescending(static g => g.Count()).Take(MaxCalls)
            .Select(static g => $"synchronous calls: {DiagnosisText.Count(g.Count(), "worker is", "workers are")} blocked in {g.Key}"));
        yield return new Finding(FindingKind.ThreadPoolStarved, Summary(workers.Length, blocked.Length), evidence, blocked) { Frames = places.Frames() };
    }

    private static string Summary(int workers, int blocked) =>
        workers == 1 ? "Thread pool starved: its one worker is blocked"
        : blocked == workers ? $"Thread pool starved: all {DiagnosisText.Count(workers, "worker")} are blocked"
        : string.Create(CultureInfo.InvariantCulture, $"Thread pool starved: {blocked:N0} of {DiagnosisText.Count(workers, "worker")} are blocked");

    /// <summary>
    /// Whether the worker waits inside a work item: in a wait of the framework, or asleep in a call of the operating system, for example to read from a
    /// socket. A worker that waits for a work item is idle.
    /// </summary>
    private static bool IsBlocked(DumpThread thread) =>
        (thread.WaitingFor is not null || thread.Activity is ThreadActivity.Waiting or ThreadActivity.Sleeping or ThreadActivity.Blocked)
        && !(thread.OffCpuTime < ShortWait)
        && PoolWorkers.IsAtWork(thread);

    /// <summary>The framework method that the program called; for a native call of the program's own, that method.</summary>
    private static string Call(DumpThread thread)
    {
        DumpFrame? call = null;
        foreach (DumpFrame frame in thread.Frames)
        {
            if (frame.IsHidden)
                continue;
            if (frame.Module is { IsOfPlatform: false })
            {
                call ??= frame;
                break;
            }
            if (frame.Module is not null)
                call = frame;
        }
        return call is null ? "native code" : $"{call.Method.DeclaringType}.{call.Method.Name}";
    }
}
