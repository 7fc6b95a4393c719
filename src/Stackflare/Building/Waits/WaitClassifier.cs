using Stackflare.Snapshots;

namespace Stackflare.Building.Waits;

/// <summary>Finds out from the innermost methods of a stack what its thread waits for, if it waits.</summary>
internal static class WaitClassifier
{
    /// <summary>A framework method that waits.</summary>
    /// <param name="Kind">What it waits for; null if the method alone does not show it.</param>
    /// <param name="Activity">What a thread in it does.</param>
    private readonly record struct Waiting(WaitKind? Kind, ThreadActivity Activity);

    /// <summary>What the stack shows of a wait.</summary>
    /// <param name="Kind">What the thread waits for; null if not known.</param>
    /// <param name="Activity">What the thread does.</param>
    /// <param name="Index">The outermost frame of this wait: the method that the program called.</param>
    public readonly record struct Found(WaitKind? Kind, ThreadActivity Activity, int Index);

    /// <summary>
    /// A waiting thread is in framework code, below the program's own code. Only these innermost frames are checked: a
    /// <c>Task.Wait</c> further out may be running the task inline.
    /// </summary>
    /// <param name="stack">The frames, innermost first.</param>
    /// <param name="recorded">The kind of wait in the runtime's own record; null if there is none.</param>
    /// <returns>The wait; null if the thread does not wait, or if only the kernel knows it.</returns>
    public static Found? Find(IReadOnlyList<DumpFrame> stack, SnapshotWaitKind? recorded)
    {
        WaitKind? enters = recorded switch
        {
            SnapshotWaitKind.MonitorEnter => WaitKind.MonitorEnter,
            SnapshotWaitKind.LockEnter => WaitKind.LockEnter,
            _ => null,
        };
        // Some runtimes wait for a lock in native code, without a managed frame.
        Found? found = enters is null ? null : new Found(enters, ThreadActivity.Blocked, Innermost(stack));
        bool isManaged = false;
        for (int i = 0; i < stack.Count; i++)
        {
            DumpFrame frame = stack[i];
            if (frame.Kind == FrameKind.Native || (frame.IsHidden && frame.Module is null))
                continue;
            if (frame.Module is not { Name: "System.Private.CoreLib.dll" or "System.Threading.dll" } || RunsOthers(frame.Method))
                break;
            isManaged |= IsWaitSubsystem(frame.Method.DeclaringType);
            if (Classify(frame.Method) is not { } waiting)
                continue;
            if (enters is not null && waiting.Kind != enters)
            {
                if (!isManaged || enters != WaitKind.MonitorEnter || !IsOfMonitor(waiting.Kind))
                    continue;
                waiting = waiting with { Kind = enters };
            }
            // The innermost frame shows the activity, the outermost the kind: a thread can block for the inner lock of a semaphore to wait for the
            // semaphore.
            ThreadActivity activity = found is { Activity: ThreadActivity.Blocked or ThreadActivity.Sleeping } ? found.Value.Activity : waiting.Activity;
            found = new Found(waiting.Kind ?? found?.Kind, activity, waiting.Kind is null && found?.Kind is not null ? found.Value.Index : i);
        }
        return found;
    }

    /// <summary>Since .NET 11, a monitor is a managed lock with a condition. A pulsed thread enters it again inside of its wait.</summary>
    private static bool IsOfMonitor(WaitKind? kind) => kind is WaitKind.LockEnter or WaitKind.MonitorWait;

    private static bool IsWaitSubsystem(string type) => type.StartsWith("System.Threading.WaitSubsystem", StringComparison.Ordinal);

    private static int Innermost(IReadOnlyList<DumpFrame> stack)
    {
        for (int i = 0; i < stack.Count; i++)
        {
            if (stack[i].Kind != FrameKind.Native)
                return i;
        }
        return 0;
    }

    /// <summary>Whether the method runs other code: frames further out are not part of the wait.</summary>
    private static bool RunsOthers(MethodName method) => (method.DeclaringType, method.Name) switch
    {
        ("System.Threading.ExecutionContext" or "System.Threading.ThreadPoolWorkQueue", _) => true,
        ("System.Threading.Tasks.Task", { } name) => name.StartsWith("Execute", StringComparison.Ordinal),
        _ => false,
    };

    private static Waiting? Classify(MethodName method)
    {
        string name = method.Name;
        return method.DeclaringType switch
        {
            "System.Threading.Monitor" => name switch
            {
                "Wait" or "ObjWait" => new(WaitKind.MonitorWait, ThreadActivity.Waiting),
                "Enter" or "TryEnter" or "ReliableEnter" or "ReliableEnterTimeout" or "Enter_Slowpath" or "TryEnter_Slowpath" or "SynchronizedMethodEnter"
                    => new(WaitKind.MonitorEnter, ThreadActivity.Blocked),
                _ => null,
            },
            "System.Threading.Lock" when name.Contains("Enter", StringComparison.Ordinal) || name == "Reenter" => new(WaitKind.LockEnter, ThreadActivity.Blocked),
            "System.Threading.Lock" or "System.Threading.Condition" when Waits(name) => new(WaitKind.MonitorWait, ThreadActivity.Waiting),
            "System.Threading.ObjectHeader" when name.Contains("Acquire", StringComparison.Ordinal) => new(WaitKind.MonitorEnter, ThreadActivity.Blocked),
            "System.Threading.ReaderWriterLockSlim" when !name.StartsWith("Exit", StringComparison.Ordinal) => new(ReaderWriterKind(name), ThreadActivity.Blocked),
            "System.Threading.SpinLock" => new(null, ThreadActivity.Blocked),
            "System.Threading.Thread" => name switch
            {
                "Join" or "JoinInternal" => new(WaitKind.ThreadJoin, ThreadActivity.Waiting),
                "Sleep" or "SleepInternal" or "UninterruptibleSleep0" => new(WaitKind.Sleep, ThreadActivity.Sleeping),
                _ => null,
            },
            "System.Threading.SemaphoreSlim" when Waits(name) => new(WaitKind.SemaphoreSlim, ThreadActivity.Waiting),
            "System.Threading.ManualResetEventSlim" when Waits(name) => new(WaitKind.ManualResetEventSlim, ThreadActivity.Waiting),
            "System.Threading.CountdownEvent" when Waits(name) => new(WaitKind.CountdownEvent, ThreadActivity.Waiting),
            "System.Threading.Barrier" when name.Contains("Wait", StringComparison.Ordinal) => new(WaitKind.Barrier, ThreadActivity.Waiting),
            "System.Threading.CancellationTokenSource.Registrations" when name == "WaitForCallbackToComplete" => new(WaitKind.CancellationCallback, ThreadActivity.Waiting),
            "System.GC" when name is "WaitForPendingFinalizers" or "_WaitForPendingFinalizers" => new(WaitKind.Finalizers, ThreadActivity.Waiting),
            "System.Threading.WaitHandle" => new(WaitKind.WaitHandle, ThreadActivity.Waiting),
            "System.Threading.LowLevelLifoSemaphore" or "System.Threading.LowLevelMonitor" or "System.Threading.LowLevelThreadBlocker"
                => new(null, ThreadActivity.Waiting),
            { } type when IsWaitSubsystem(type) => name == "Sleep" ? new(WaitKind.Sleep, ThreadActivity.Sleeping) : new(null, ThreadActivity.Waiting),
            { } type when IsTask(type, name) => new(WaitKind.Task, ThreadActivity.Waiting),
            _ => null,
        };
    }

    private static WaitKind? ReaderWriterKind(string name) =>
        name.Contains("EnterReadLock", StringComparison.Ordinal) ? WaitKind.ReadLock
        : name.Contains("EnterUpgradeableReadLock", StringComparison.Ordinal) ? WaitKind.UpgradeableReadLock
        : name.Contains("EnterWriteLock", StringComparison.Ordinal) ? WaitKind.WriteLock
        : null;

    private static bool Waits(string name) => name.StartsWith("Wait", StringComparison.Ordinal);

    private static bool IsTask(string type, string name) => type switch
    {
        "System.Threading.Tasks.Task" => name is "InternalWait" or "InternalWaitCore" or "SpinThenBlockingWait" || Waits(name),
        "System.Threading.Tasks.Task`1" => name is "get_Result" or "GetResultCore",
        _ => type.StartsWith("System.Runtime.CompilerServices.", StringComparison.Ordinal)
            && type.Contains("TaskAwait", StringComparison.Ordinal) && name is "GetResult" or "HandleNonSuccessAndDebuggerNotification",
    };
}
