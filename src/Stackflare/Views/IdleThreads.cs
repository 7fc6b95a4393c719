using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>
/// Recognizes threads of the framework that wait for work: watchers, timers, the gate, socket loops, loggers, idle workers. Only modules and states
/// count: a program can give a thread any name.
/// </summary>
internal static class IdleThreads
{
    /// <summary>Whether the thread is idle and belongs to the framework.</summary>
    /// <param name="thread">The thread.</param>
    /// <param name="owner">The owner of its stack.</param>
    public static bool IsIdle(DumpThread thread, StackOwner owner) => owner == StackOwner.Platform
        && thread is
        {
            IsMain: false,
            IsOwn: false,
            Activity: ThreadActivity.Waiting or ThreadActivity.Sleeping,
            Completeness: StackCompleteness.Complete or StackCompleteness.NoManagedFrames,
            CurrentException: null,
            AsyncCallers.Count: 0,
        }
        // What it waits for is nothing that a known thread must do, and nobody waits for it.
        && thread.WaitingFor is not { WaitsFor.Count: > 0 } and not { Kind: WaitKind.Task } and not { Lock.IsAbandoned: true }
        && thread.HeldLocks.All(static held => held.Lock.Waiters.Count == 0)
        && !PoolWorkers.IsAtWork(thread);

    /// <summary>The method that says what an idle thread is for: the outermost one that is not the thread's start.</summary>
    /// <param name="frames">The thread's visible frames, innermost first.</param>
    public static MethodName? PurposeOf(IReadOnlyList<DumpFrame> frames)
    {
        for (int i = frames.Count - 1; i > 0; i--)
        {
            if (!frames[i].Method.DeclaringType.StartsWith("System.Threading.Thread.", StringComparison.Ordinal) && frames[i].Method.DeclaringType != "System.Threading.Thread")
                return frames[i].Method;
        }
        return frames.Count == 0 ? null : frames[0].Method;
    }
}
