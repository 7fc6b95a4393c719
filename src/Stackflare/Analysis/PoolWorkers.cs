namespace Stackflare.Analysis;

/// <summary>Which threads are workers of the thread pool, and whether they are at work. Judged by their stacks.</summary>
internal static class PoolWorkers
{
    /// <summary>Checks the outermost frames, because the pool's gate thread is a pool thread too.</summary>
    public static bool IsWorker(DumpThread thread) => Has(thread, "System.Threading.PortableThreadPool.WorkerThread", "WorkerThreadStart");

    /// <summary>Whether the thread runs a work item, or looks for one.</summary>
    public static bool IsAtWork(DumpThread thread) => Has(thread, "System.Threading.ThreadPoolWorkQueue", "Dispatch");

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
