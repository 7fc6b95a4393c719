namespace Stackflare.Analysis;

/// <summary>
/// Finds a thread pool whose workers are all blocked while work is queued. The pool adds only one or two workers a second.
/// </summary>
internal static class PoolStarvationFindings
{
    private const int MaxPlaces = 5;

    public static IEnumerable<Finding> In(ThreadDump dump)
    {
        DumpThread[] workers = [.. dump.Threads.Where(IsWorker)];
        // With fewer workers than its minimum, the pool starts a new one at once.
        if (workers.Length == 0 || dump.ThreadPool is { Queued: 0 } || workers.Length < dump.ThreadPool?.Min || !Array.TrueForAll(workers, IsBlocked))
            yield break;

        int inTasks = workers.Count(static w => w.WaitingFor is { Kind: WaitKind.Task });
        List<string> evidence = [dump.ThreadPool?.Queued is { } queued
            ? $"{DiagnosisText.Count(queued, "work item is", "work items are")} queued, and no worker is free to take one"
            : "no worker is free; the number of queued work items is not known"];
        if (inTasks > 0)
            evidence.Add($"sync over async: {DiagnosisText.Count(inTasks, "worker is", "workers are")} blocked until a task completes, and the task may need a worker itself");
        List<Hotspot> places = Hotspots.Count(workers);
        evidence.AddRange(places.Take(MaxPlaces).Select(static p => $"{DiagnosisText.Count(p.Count, "is", "are")} blocked {DiagnosisText.At(p.Frame)}"));
        yield return new Finding(
            FindingKind.ThreadPoolStarved,
            workers.Length == 1 ? "Thread pool starved: its one worker is blocked" : $"Thread pool starved: all {DiagnosisText.Count(workers.Length, "worker")} are blocked",
            evidence, workers)
        {
            Frames = places.Frames(),
        };
    }

    /// <summary>Checks the outermost frames, because the pool's gate thread is a pool thread too.</summary>
    private static bool IsWorker(DumpThread thread) => Has(thread, "System.Threading.PortableThreadPool.WorkerThread", "WorkerThreadStart");

    /// <summary>Whether the worker waits inside a work item. A worker that waits for a work item is idle.</summary>
    private static bool IsBlocked(DumpThread thread) =>
        thread.WaitingFor is not null && Has(thread, "System.Threading.ThreadPoolWorkQueue", "Dispatch");

    private static bool Has(DumpThread thread, string type, string name)
    {
        for (int i = thread.Frames.Count; i-- > 0;)
        {
            if (thread.Frames[i].Method is { } method && method.Name == name && method.DeclaringType == type)
                return true;
        }
        return false;
    }
}
