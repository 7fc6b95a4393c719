namespace Stackflare.Symbols;

/// <summary>Judges what a thread was doing, by the innermost methods of the core library.</summary>
internal static class ActivityOf
{
    private const string CoreLibrary = "System.Private.CoreLib.dll";

    /// <summary>
    /// A thread that waits or blocks stands in the core library, below whatever its author wrote. Only that innermost run of frames
    /// is looked at: a <c>Task.Wait</c> further out may be running the task itself.
    /// </summary>
    /// <param name="stack">The frames, innermost first.</param>
    /// <param name="inManagedCode">Whether the thread was stopped in managed code, and so was not waiting in the kernel.</param>
    /// <returns>What the stack tells; null when only the kernel can say.</returns>
    public static ThreadActivity? Stack(DumpFrame[] stack, bool inManagedCode)
    {
        bool waiting = false;
        foreach (DumpFrame frame in stack)
        {
            if (frame.Kind == FrameKind.Native || (frame.IsHidden && frame.Module is null))
                continue;
            if (frame.Module?.Name != CoreLibrary)
                break;
            switch (Classify(frame.Method))
            {
                case ThreadActivity.Blocked: return ThreadActivity.Blocked;
                case ThreadActivity.Sleeping: return ThreadActivity.Sleeping;
                case ThreadActivity.Waiting: waiting = true; break;
            }
        }
        return waiting ? ThreadActivity.Waiting
            : inManagedCode ? ThreadActivity.Running
            : null;
    }

    private static ThreadActivity Classify(MethodName method) => (method.DeclaringType, method.Name) switch
    {
        ("System.Threading.Thread", "Sleep" or "SleepInternal" or "UninterruptibleSleep0") => ThreadActivity.Sleeping,
        ("System.Threading.Monitor", "Enter" or "TryEnter" or "ReliableEnter" or "ReliableEnterTimeout" or "Enter_Slowpath" or "TryEnter_Slowpath")
            => ThreadActivity.Blocked,
        ("System.Threading.Lock", "Enter" or "EnterScope" or "TryEnter" or "EnterAndGetCurrentThreadId" or "TryEnterSlow" or "TryEnter_Inlined")
            => ThreadActivity.Blocked,
        ("System.Threading.ReaderWriterLockSlim", _) or ("System.Threading.SpinLock", _) => ThreadActivity.Blocked,
        ("System.Threading.Monitor", "Wait" or "ObjWait") => ThreadActivity.Waiting,
        ("System.Threading.Thread", "Join") => ThreadActivity.Waiting,
        ("System.Threading.WaitHandle", _) or ("System.Threading.WaitSubsystem", _) => ThreadActivity.Waiting,
        ("System.Threading.LowLevelLifoSemaphore", _) or ("System.Threading.LowLevelMonitor", _) => ThreadActivity.Waiting,
        ("System.Threading.SemaphoreSlim" or "System.Threading.ManualResetEventSlim" or "System.Threading.Tasks.Task", "Wait" or "InternalWait" or "SpinThenBlockingWait")
            => ThreadActivity.Waiting,
        _ => ThreadActivity.Unknown,
    };
}
