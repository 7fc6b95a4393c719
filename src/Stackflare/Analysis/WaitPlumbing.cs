using System.Collections.Frozen;

namespace Stackflare.Analysis;

/// <summary>
/// The framework's own frames below a wait. How many there are, and which methods, differs between versions of .NET:
/// a <c>lock</c> that waits has seven frames of CoreLib on .NET 11, two on 10 and none on 9. The outermost of these frames
/// shows what the thread waits in; the inner ones are left out.
/// </summary>
internal static class WaitPlumbing
{
    private const string CompilerServices = "System.Runtime.CompilerServices.";
    private const string Threading = "System.Threading.";

    /// <summary>
    /// The methods that wait, and the methods that they call to do so, by type, spelled as in <see cref="MethodName"/>. A star at the end of a name
    /// matches any rest. Methods that release, such as <c>Monitor.Exit</c>, are not included: a thread that blocks there did not call them to wait.
    /// </summary>
    internal static readonly FrozenDictionary<string, string[]> Methods = new (string Type, string[] Names)[]
    {
        // What programs call.
        (Threading + "Monitor", ["Enter*", "TryEnter*", "ReliableEnter*", "SynchronizedMethodEnter", "Wait*", "ObjWait"]),
        (Threading + "Lock", ["Enter*", "TryEnter*", "LazyInitializeOrEnter", "Reenter", "Wait"]),
        (Threading + "ReaderWriterLockSlim", ["Enter*", "TryEnter*", "WaitOnEvent"]),
        (Threading + "SemaphoreSlim", ["Wait", "WaitCore", "WaitUntilCountOrTimeout"]),
        (Threading + "ManualResetEventSlim", ["Wait"]),
        (Threading + "CountdownEvent", ["Wait"]),
        (Threading + "Barrier", ["SignalAndWait", "DiscontinuousWait"]),
        (Threading + "WaitHandle", ["Wait*", "SignalAndWait*"]),
        (Threading + "Thread", ["Join*", "Sleep*", "UninterruptibleSleep0", "Yield*", "SpinWait*", "LongSpinWait*"]),
        (Threading + "SpinWait", ["SpinOnce*"]),
        (Threading + "Tasks.Task", ["Wait", "WaitAll*", "WaitAny*", "InternalWait*", "SpinThenBlockingWait", "SpinWait", "SpinUntilCompleted"]),
        (Threading + "Tasks.Task`1", ["Result.get", "GetResultCore"]),
        (Threading + "Tasks.ValueTask`1", ["Result.get"]),
        (CompilerServices + "TaskAwaiter", ["GetResult", "ValidateEnd", "HandleNonSuccessAndDebuggerNotification"]),
        (CompilerServices + "TaskAwaiter`1", ["GetResult"]),
        (CompilerServices + "ConfiguredTaskAwaitable.ConfiguredTaskAwaiter", ["GetResult"]),
        (CompilerServices + "ConfiguredTaskAwaitable`1.ConfiguredTaskAwaiter", ["GetResult"]),
        (CompilerServices + "ValueTaskAwaiter", ["GetResult"]),
        (CompilerServices + "ValueTaskAwaiter`1", ["GetResult"]),
        (CompilerServices + "ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter", ["GetResult"]),
        (CompilerServices + "ConfiguredValueTaskAwaitable`1.ConfiguredValueTaskAwaiter", ["GetResult"]),
        (CompilerServices + "AsyncHelpers", ["HandleAsyncEntryPoint"]),

        // Waits for what another thread runs.
        (CompilerServices + "InitHelpers", ["*"]),
        (CompilerServices + "StaticsHelpers", ["*"]),
        (CompilerServices + "GenericsHelpers", ["*"]),
        (CompilerServices + "RuntimeHelpers", ["RunClassConstructor", "RunModuleConstructor"]),
        (Threading + "CancellationTokenSource.Registrations", ["WaitForCallbackToComplete"]),
        (Threading + "CancellationTokenRegistration", ["Dispose"]),
        ("System.GC", ["WaitForPendingFinalizers", "_WaitForPendingFinalizers"]),

        // A pool worker that waits for work.
        (Threading + "PortableThreadPool.WorkerThread", ["WorkerThreadStart", "WorkerDoWork"]),
        (Threading + "LowLevelLifoSemaphore", ["Wait*", "Block"]),

        // The implementation of all of these: the wait subsystem is managed on .NET 11, and so are the locks and conditions of monitors.
        (Threading + "Condition", ["Wait"]),
        (Threading + "ObjectHeader", ["AcquireThinLock", "TryAcquire*"]),
        (Threading + "ReaderWriterLockSlim.SpinLock", ["Enter*", "TryEnter*"]),
        (Threading + "SynchronizationContext", ["Wait", "WaitHelper", "InvokeWaitMethodHelper"]),
        (Threading + "WaitSubsystem", ["Wait", "SignalAndWait", "Sleep"]),
        (Threading + "WaitSubsystem.ThreadWaitInfo", ["Wait", "Sleep", "UninterruptibleSleep0"]),
        (Threading + "WaitSubsystem.WaitableObject", ["Wait", "Wait_Locked"]),
        (Threading + "WaitSubsystem.NamedMutex", ["Wait_Locked"]),
        (Threading + "LowLevelThreadBlocker", ["Wait", "TimedWait"]),
        (Threading + "LowLevelFutex", ["WaitOnAddress*"]),
        (Threading + "LowLevelMonitor", ["Acquire*", "Wait*"]),
        (Threading + "LowLevelLock", ["Acquire", "TryAcquire*", "WaitAndAcquire", "SpinAndAcquire"]),
        (Threading + "LowLevelSpinWaiter", ["Wait", "SpinWaitForCondition"]),
        ("Interop.Sys", ["LowLevelMonitor_Acquire*", "LowLevelMonitor_Wait*", "LowLevelMonitor_TimedWait*", "LowLevelFutex_WaitOnAddress*"]),
    }.ToFrozenDictionary(static m => m.Type, static m => m.Names);

    /// <summary>How many of a thread's innermost frames are inside the method that shows what the thread waits in; 0 if it does not wait.</summary>
    public static int FramesOf(DumpThread thread)
    {
        IReadOnlyList<DumpFrame> frames = thread.Frames;
        // The wait is printed below a frame, so that frame must stay.
        int end = thread.WaitingFor is { FrameIndex: var last, IsForKnown: true } ? Math.Min(frames.Count, last + 1) : frames.Count;
        int says = 0;
        for (int i = 0; i < end; i++)
        {
            DumpFrame frame = frames[i];
            // Native code and stubs of the runtime are in between.
            if (frame is { Module: null, IsHidden: true })
                continue;
            if (!Waits(frame))
                break;
            if (!frame.IsHidden)
                says = i;
        }
        return says;
    }

    private static bool Waits(DumpFrame frame)
    {
        if (frame is not { Kind: FrameKind.Managed, Module.Name: "System.Private.CoreLib.dll" or "System.Threading.dll" })
            return false;
        if (!Methods.TryGetValue(frame.Method.DeclaringType, out string[]? names))
            return false;
        string method = frame.Method.Name;
        foreach (string name in names)
        {
            if (name[^1] == '*' ? method.AsSpan().StartsWith(name.AsSpan(0, name.Length - 1), StringComparison.Ordinal) : method == name)
                return true;
        }
        return false;
    }
}
