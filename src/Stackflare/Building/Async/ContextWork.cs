using Stackflare.Analysis;
using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Building.Async;

/// <summary>
/// Finds the async methods that only one thread can continue: their next step is in a queue of the synchronization context that the thread has, or of the scheduler of the task that it runs, and no other
/// thread can be at work on that queue.
/// </summary>
/// <param name="snapshot">A snapshot with a heap.</param>
/// <param name="session">Resolves the names of types.</param>
/// <param name="threads">The threads with their frames, in the order of the snapshot.</param>
internal sealed class ContextWork(Snapshot snapshot, SymbolSession session, IReadOnlyList<DumpThread> threads)
{
    /// <summary>For each such method, its context.</summary>
    public Dictionary<int, CapturedContext> Find(AsyncGraph graph, AsyncFrames frames)
    {
        var found = new Dictionary<int, CapturedContext>();
        // A thread that is missing, or that is about to begin, may do the work, and so may the part of a stack that is missing.
        if (snapshot.Notes.Count > 0 || snapshot.ThreadPool is { Queued: not 0 }
            || snapshot.Threads.Any(static t => t.Completeness is StackCompleteness.Truncated or StackCompleteness.Broken or StackCompleteness.NotWalked))
        {
            return found;
        }

        foreach (PostedMethod posted in snapshot.Heap!.Posted)
        {
            int box = posted.Object is { } method ? graph.Boxes.IndexOf(method) : -1;
            if (box >= 0 && graph.Awaited(box).Kind == AsyncWaitKind.Ready && IsWorkOfOne(posted))
            {
                string? type = posted.Type is { } index ? session.Types.Name(index) : null;
                found.TryAdd(box, new CapturedContext(new ObjectAddress(posted.Context), type, threads[posted.Thread], frames.FrameAt(graph.Boxes.All[box])) { IsScheduler = posted.IsScheduler });
            }
        }
        return found;
    }

    /// <summary>
    /// Whether the thread does the context's work and no other thread does. A loop that does it refers to the queue, directly or through an iterator, or is a
    /// method of the context or of the object that keeps the queue for it; or it refers to the context, and is a method of a type that contains the
    /// context's. A worker of the pool may also have just begun.
    /// </summary>
    private bool IsWorkOfOne(PostedMethod posted)
    {
        if (posted.OtherCount > posted.Others.Count || posted.HolderCount > posted.Holders.Count || posted.Others.Any(o => !IsIdle(threads[o])))
            return false;
        string[] types = [.. ((int?[])[posted.Type, posted.Keeper]).OfType<int>().Where(IsOfProgram).Select(NameOf)];
        DumpThread thread = threads[posted.Thread];
        // A thread that runs a task of a scheduler is inside of the scheduler. Any thread can have a context.
        if (!posted.IsScheduler && !posted.IsSeenByThread && !IsInside(thread, types) && !IsAround(thread, types))
            return false;
        // Another thread may be in the same methods for a context of its own.
        HashSet<DumpThread> others =
        [
            .. from other in snapshot.Heap!.Posted
               where other.Object is null && other.Type == posted.Type && other.Context != posted.Context
               select threads[other.Thread],
        ];
        return threads.All(t => t == thread || (!IsBeginning(t) && (others.Contains(t) || !IsInside(t, types))))
            && posted.Holders.Select(h => threads[h]).All(t => !PoolWorkers.IsAtWork(t) && (others.Contains(t) || !IsAround(t, types)));
    }

    /// <summary>What was left on its stack by work that has ended.</summary>
    private static bool IsIdle(DumpThread thread) => PoolWorkers.IsWorker(thread) && !PoolWorkers.IsAtWork(thread);

    private static bool IsBeginning(DumpThread thread) => thread.Activity == ThreadActivity.Running && PoolWorkers.IsAtWork(thread)
        && thread.Frames.All(static f => f.Module is null or { IsOfPlatform: true });

    private bool IsOfProgram(int type) => session.Module(snapshot.Types[type].Module) is { Identity.IsOfPlatform: false };

    private string NameOf(int type) => session.Types.Name(type) is var name && name.IndexOf('[', StringComparison.Ordinal) is > 0 and var end ? name[..end] : session.Types.Name(type);

    /// <summary>Whether a method of one of the types, or of a type in it, is on the stack.</summary>
    private static bool IsInside(DumpThread thread, string[] types) => Has(thread, f => types.Any(t => t == f || IsNested(f, t)));

    /// <summary>Whether a method of a type that contains one of them is on the stack.</summary>
    private static bool IsAround(DumpThread thread, string[] types) => Has(thread, f => types.Any(t => IsNested(t, f)));

    private static bool Has(DumpThread thread, Func<string, bool> condition) =>
        thread.Frames.Any(f => f.Method.DeclaringType is { Length: > 0 } declaring && condition(declaring));

    private static bool IsNested(string type, string outer) =>
        type.Length > outer.Length && type[outer.Length] == '.' && type.StartsWith(outer, StringComparison.Ordinal);
}
