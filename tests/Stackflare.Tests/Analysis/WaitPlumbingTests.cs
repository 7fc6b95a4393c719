using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Analysis;

/// <summary>Of the frames by which a thread waits, the outermost is shown, whatever the version of .NET puts below it.</summary>
public sealed class WaitPlumbingTests
{
    private const string Threading = "System.Threading.";

    private static readonly DumpFrame Work = Build.Frame("Work", 31, null);
    private static readonly DumpFrame Native = Hidden(Build.Native);

    /// <summary>Every wait, as stacks of .NET 9, 10 and 11 have it: the frames from the innermost, and the one to be shown.</summary>
    public static TheoryData<string, string> Waits => new()
    {
        // Monitors
        { "Monitor.Enter", "Monitor.Enter" },
        { "Monitor.Enter_Slowpath Monitor.Enter", "Monitor.Enter" },
        { "Monitor.TryEnter_Slowpath", "Monitor.TryEnter_Slowpath" },
        { $"{SubsystemOf11} Lock.TryEnterSlow Lock.Enter Monitor.Enter Monitor.Enter", "Monitor.Enter" },
        { $"{SubsystemOf11} Lock.TryEnterSlow Lock.TryEnter_Outlined Monitor.TryEnter", "Monitor.TryEnter" },
        { $"{SubsystemOf11} Lock.TryEnterSlow Lock.Enter Monitor.SynchronizedMethodEnter", "Monitor.SynchronizedMethodEnter" },
        { "Monitor.Wait Monitor.Wait", "Monitor.Wait" },
        { $"{SubsystemOf11} Condition.Wait Monitor.Wait", "Monitor.Wait" },
        // Compiled into its caller
        { $"{SubsystemOf11} Condition.Wait", "Condition.Wait" },

        // Locks
        { "WaitHandle.WaitOneNoCheck Lock.TryEnterSlow Lock.EnterAndGetCurrentThreadId Lock.EnterScope", "Lock.EnterScope" },
        { $"{SubsystemOf11} Lock.TryEnterSlow Lock.EnterAndGetCurrentThreadId Lock.EnterScope", "Lock.EnterScope" },
        { $"{SubsystemOf11} ReaderWriterLockSlim.WaitOnEvent ReaderWriterLockSlim.TryEnterReadLockCore ReaderWriterLockSlim.EnterReadLock", "ReaderWriterLockSlim.EnterReadLock" },
        { "WaitHandle.WaitOneNoCheck WaitHandle.WaitOne ReaderWriterLockSlim.WaitOnEvent ReaderWriterLockSlim.TryEnterWriteLock", "ReaderWriterLockSlim.TryEnterWriteLock" },

        // Threads
        { "Thread.Sleep", "Thread.Sleep" },
        { "WaitSubsystem.ThreadWaitInfo.Wait WaitSubsystem.ThreadWaitInfo.Sleep Thread.Sleep", "Thread.Sleep" },
        { "Thread.Join Thread.Join", "Thread.Join" },
        { "WaitSubsystem.ThreadWaitInfo.Wait WaitSubsystem.Wait Thread.JoinInternal Thread.Join", "Thread.Join" },
        { "Thread.Yield SpinWait.SpinOnceCore ManualResetEventSlim.Wait", "ManualResetEventSlim.Wait" },

        // Handles
        { "WaitHandle.WaitOneNoCheck WaitHandle.WaitOne", "WaitHandle.WaitOne" },
        { $"{SubsystemOf11} WaitHandle.WaitOne", "WaitHandle.WaitOne" },
        { "WaitSubsystem.ThreadWaitInfo.Wait WaitSubsystem.WaitableObject.Wait WaitHandle.WaitMultipleIgnoringSyncContext WaitHandle.WaitMultiple WaitHandle.WaitAll", "WaitHandle.WaitAll" },
        { "WaitSubsystem.ThreadWaitInfo.Wait WaitSubsystem.SignalAndWait WaitHandle.SignalAndWait", "WaitHandle.SignalAndWait" },

        // Events, semaphores, tasks
        { $"{SubsystemOf11} Condition.Wait ManualResetEventSlim.Wait ManualResetEventSlim.Wait", "ManualResetEventSlim.Wait" },
        { "Monitor.Wait SemaphoreSlim.WaitUntilCountOrTimeout SemaphoreSlim.Wait SemaphoreSlim.Wait", "SemaphoreSlim.Wait" },
        { $"{SubsystemOf11} Condition.Wait ManualResetEventSlim.Wait CountdownEvent.Wait CountdownEvent.Wait", "CountdownEvent.Wait" },
        { "Monitor.Wait ManualResetEventSlim.Wait Barrier.DiscontinuousWait Barrier.SignalAndWait", "Barrier.SignalAndWait" },
        { $"{TaskOf11} Tasks.Task.Wait Tasks.Task.Wait", "Tasks.Task.Wait" },
        { $"{TaskOf11} Tasks.Task`1.GetResultCore", "Tasks.Task`1.GetResultCore" },
        { $"{TaskOf11} Tasks.Task.WaitAnyCore Tasks.Task.WaitAny", "Tasks.Task.WaitAny" },

        // An idle worker of the pool
        { "LowLevelLifoSemaphore.WaitNative LowLevelLifoSemaphore.WaitForSignal LowLevelLifoSemaphore.Wait PortableThreadPool.WorkerThread.WorkerThreadStart", "PortableThreadPool.WorkerThread.WorkerThreadStart" },
        { "LowLevelFutex.WaitOnAddressTimeout LowLevelThreadBlocker.TimedWait LowLevelLifoSemaphore.Block LowLevelLifoSemaphore.WaitNoSpin PortableThreadPool.WorkerThread.WorkerThreadStart", "PortableThreadPool.WorkerThread.WorkerThreadStart" },
    };

    private const string SubsystemOf11 = "WaitSubsystem.ThreadWaitInfo.Wait WaitSubsystem.Wait WaitHandle.WaitOneNoCheck";
    private const string TaskOf11 = $"{SubsystemOf11} Condition.Wait ManualResetEventSlim.Wait Tasks.Task.SpinThenBlockingWait Tasks.Task.InternalWaitCore Tasks.Task.InternalWait";

    [Theory]
    [MemberData(nameof(Waits))]
    public void OneFrameSaysWhatIsWaitedIn(string methods, string shown)
    {
        DumpFrame[] platform = [.. methods.Split(' ').Select(Platform)];
        ThreadDump dump = Build.Dump(Build.Thread(2, "t", ThreadActivity.Waiting, [Native, .. platform, Work]));
        Assert.Equal([$"   at {Threading}{shown}()", "   at MyApp.Program.Work() in /src/Program.cs:line 31"], Frames(Render.Text(dump)));
        Assert.Equal(["  File \"/src/Program.cs\", line 31, in MyApp.Program.Work", $"  File \"<System.Private.CoreLib.dll>\", in {Threading}{shown}"],
            Render.Traceback(dump).Split('\n').Where(l => l.StartsWith("  File ", StringComparison.Ordinal)));
        Assert.Equal($"t;MyApp.Program.Work;{Threading}{shown} 1\n", Render.With(dump, DumpFormat.Folded));
        Assert.Contains($"Not shown: {(platform.Length == 1 ? "1 hidden frame." : $"{platform.Length} hidden frames.")}", Render.Text(dump), StringComparison.Ordinal);

        Assert.Equal(platform.Length + 2, Frames(Render.Text(dump, Render.All)).Length);
        Assert.Contains($"\"waitPlumbing\": {platform.Length}", Render.Json(dump), StringComparison.Ordinal);
    }

    /// <summary>What is awaited by a method that is hidden: the next frame inwards says it.</summary>
    [Fact]
    public void TheFrameThatSaysItIsOneThatIsShown()
    {
        DumpFrame awaiter = Build.Platform("System.Runtime.CompilerServices.TaskAwaiter`1", "GetResult", hidden: true);
        Assert.Equal(
            ["   at System.Threading.Tasks.Task.InternalWait()", "   at MyApp.Program.Work() in /src/Program.cs:line 31"],
            Frames(Render.Text(Build.Dump(Build.Thread(2, "t", ThreadActivity.Waiting, [.. TaskOf11.Split(' ').Select(Platform), awaiter, Work])))));
    }

    /// <summary>A program may have methods of these names, too.</summary>
    [Fact]
    public void WhatTheProgramHasItselfIsShown()
    {
        DumpFrame[] stack =
        [
            Build.Frame("Wait", 5, null, type: "System.Threading.Monitor"), Build.Frame("Enter", 6, null, type: "System.Threading.Lock"), Work,
        ];
        Assert.Equal(3, Frames(Render.Text(Build.Dump(Build.Thread(2, "t", ThreadActivity.Waiting, stack)))).Length);

        // Nor are those hidden that it calls a wait's method by: a context's Wait, say.
        DumpFrame[] called = [.. SubsystemOf11.Split(' ').Select(Platform), Build.Frame("Wait", 7, null, type: "MyApp.Context"), Platform("WaitHandle.WaitOne"), Work];
        Assert.Equal(
            ["WaitHandle.WaitOneNoCheck", "MyApp.Context.Wait", "WaitHandle.WaitOne", "MyApp.Program.Work"],
            Frames(Render.Text(Build.Dump(Build.Thread(2, "t", ThreadActivity.Waiting, called)))).Select(f => f[6..f.IndexOf('(', StringComparison.Ordinal)].Replace(Threading, "", StringComparison.Ordinal)));
    }

    /// <summary>What lets go, runs, or only stands further out is no plumbing of a wait.</summary>
    [Theory]
    [InlineData("Monitor.Exit")]
    [InlineData("WaitSubsystem.SetEvent EventWaitHandle.Set")]
    [InlineData("SemaphoreSlim.Release SemaphoreSlim.Release")]
    [InlineData("SemaphoreSlim.WaitAsync")]
    [InlineData("Tasks.Task.ExecuteEntry Tasks.Task.InternalWait Tasks.Task.Wait")]
    [InlineData("Timer.Dispose Monitor.Enter")]
    [InlineData("PortableThreadPool.WorkerThread.WorkerThreadStart Thread.StartCallback")]
    public void WhatIsNotBelowAWaitIsShown(string methods)
    {
        DumpFrame[] platform = [.. methods.Split(' ').Select(Platform)];
        ThreadDump dump = Build.Dump(Build.Thread(2, "t", ThreadActivity.Running, [.. platform, Work]));
        Assert.Equal(platform.Length + 1, Frames(Render.Text(dump)).Length);
        Assert.DoesNotContain("Not shown", Render.Text(dump), StringComparison.Ordinal);
    }

    /// <summary>A thread that blocks for the lock of a semaphore blocks there: the note on the lock needs its frame.</summary>
    [Fact]
    public void TheFrameOfWhatIsKnownToBeWaitedForStays()
    {
        DumpThread thread = Build.Thread(2, "t", ThreadActivity.Blocked, [.. $"{SubsystemOf11} Lock.TryEnterSlow Lock.Enter Monitor.Enter SemaphoreSlim.Wait".Split(' ').Select(Platform), Work]);
        var gate = new DumpLock { Address = new ObjectAddress(0x10), Kind = LockKind.Monitor, Type = "MyApp.Gate" };
        thread.WaitingFor = new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 5, Lock = gate };
        thread.HeldLocks = [new HeldLock(new DumpLock { Address = new ObjectAddress(0x20), Kind = LockKind.Monitor, Type = "MyApp.Other" }, 7, IsShared: false)];
        string[] expected =
        [
            "   at System.Threading.Monitor.Enter()", "   - waiting to lock <0x10> (MyApp.Gate)", "   at System.Threading.SemaphoreSlim.Wait()",
            "   at MyApp.Program.Work() in /src/Program.cs:line 31", "   - locked <0x20> (MyApp.Other)",
        ];
        Assert.Equal(expected, Render.Text(Build.Dump(thread)).Split('\n').Where(l => l.StartsWith("   ", StringComparison.Ordinal)));
        // All frames, and the notes still under theirs.
        string all = Render.Text(Build.Dump(thread), Render.All);
        Assert.Contains("Monitor.Enter()\n   - waiting to lock <0x10> (MyApp.Gate)\n   at System.Threading.SemaphoreSlim.Wait()\n", all, StringComparison.Ordinal);
    }

    /// <summary>Whatever they are in the middle of below it.</summary>
    [Fact]
    public void ThreadsThatWaitInOneMethodAreAGroup()
    {
        DumpFrame enter = Platform("Monitor.Enter"), slow = Platform("Lock.TryEnterSlow");
        DumpThread[] threads =
        [
            Build.Thread(2, "a", ThreadActivity.Blocked, [slow, enter, Work]),
            Build.Thread(3, "b", ThreadActivity.Blocked, [.. SubsystemOf11.Split(' ').Select(Platform), slow, enter, Work]),
            Build.Thread(4, "c", ThreadActivity.Blocked, [Native, enter, Work]),
        ];
        Assert.Contains("3 threads with this stack:", Render.Text(Build.Dump(threads)), StringComparison.Ordinal);
    }

    [Fact]
    public void AThreadOfPlumbingAloneHasAFrame()
    {
        ThreadDump dump = Build.Dump(Build.Thread(2, "t", ThreadActivity.Blocked, [.. SubsystemOf11.Split(' ').Select(Platform)]));
        Assert.Equal(["   at System.Threading.WaitHandle.WaitOneNoCheck()"], Frames(Render.Text(dump)));
    }

    private static string[] Frames(string text) => [.. text.Split('\n').Where(l => l.StartsWith("   at ", StringComparison.Ordinal))];

    private static DumpFrame Platform(string method) => Build.Platform(Threading + method[..method.LastIndexOf('.')], method[(method.LastIndexOf('.') + 1)..]);

    private static DumpFrame Hidden(DumpFrame frame) => new() { Kind = frame.Kind, Method = frame.Method, Symbols = frame.Symbols, IsHidden = true };
}
