using Stackflare.Building.Waits;
using Stackflare.Snapshots;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Building.Waits;

/// <summary>What a stack tells of its thread's wait, as the stacks of the runtimes are.</summary>
public sealed class WaitClassifierTests
{
    /// <summary>What a wait ends in on .NET 11, innermost first.</summary>
    private static readonly string[] Subsystem = ["WaitSubsystem.ThreadWaitInfo.Wait", "WaitSubsystem.Wait"];

    private static readonly string[] Handle = [.. Subsystem, "WaitHandle.WaitOneNoCheck"];

    public static TheoryData<string, string[], string?, WaitKind?, ThreadActivity, string> Stacks => new()
    {
        // .NET 9 and 10: a monitor waits in native code.
        { "9, enter", [], nameof(SnapshotWaitKind.MonitorEnter), WaitKind.MonitorEnter, ThreadActivity.Blocked, "Work" },
        { "10, enter", ["Monitor.Enter_Slowpath", "Monitor.Enter"], nameof(SnapshotWaitKind.MonitorEnter), WaitKind.MonitorEnter, ThreadActivity.Blocked, "Enter" },
        { "10, pulse", ["Monitor.ObjWait", "Monitor.Wait"], nameof(SnapshotWaitKind.MonitorWait), WaitKind.MonitorWait, ThreadActivity.Waiting, "Wait" },
        { "10, pulsed", ["Monitor.ObjWait", "Monitor.Wait"], nameof(SnapshotWaitKind.MonitorEnter), WaitKind.MonitorEnter, ThreadActivity.Blocked, "ObjWait" },
        { "10, lock", ["WaitHandle.WaitOneNoCheck", "Lock.TryEnterSlow", "Lock.Enter"], nameof(SnapshotWaitKind.LockEnter), WaitKind.LockEnter, ThreadActivity.Blocked, "Enter" },
        { "10, join", ["Thread.Join"], nameof(SnapshotWaitKind.Join), WaitKind.ThreadJoin, ThreadActivity.Waiting, "Join" },

        // .NET 11: all of it is managed.
        { "11, enter", [.. Handle, "Lock.TryEnterSlow", "Lock.Enter", "Monitor.Enter"], nameof(SnapshotWaitKind.MonitorEnter), WaitKind.MonitorEnter, ThreadActivity.Blocked, "Monitor.Enter" },
        { "11, enter without a record", [.. Handle, "Lock.TryEnterSlow", "Lock.Enter", "Monitor.Enter"], null, WaitKind.MonitorEnter, ThreadActivity.Blocked, "Monitor.Enter" },
        { "11, synchronized", [.. Handle, "Lock.TryEnterSlow", "Lock.Enter", "Monitor.SynchronizedMethodEnter"], nameof(SnapshotWaitKind.MonitorEnter), WaitKind.MonitorEnter, ThreadActivity.Blocked, "SynchronizedMethodEnter" },
        { "11, no frame of the monitor's", [.. Handle, "Lock.TryEnterSlow", "Lock.Enter"], nameof(SnapshotWaitKind.MonitorEnter), WaitKind.MonitorEnter, ThreadActivity.Blocked, "Lock.Enter" },
        { "11, lock", [.. Handle, "Lock.TryEnterSlow", "Lock.EnterAndGetCurrentThreadId", "Lock.EnterScope"], nameof(SnapshotWaitKind.LockEnter), WaitKind.LockEnter, ThreadActivity.Blocked, "EnterScope" },
        { "11, pulse", [.. Handle, "Condition.Wait", "Lock.Wait", "Monitor.Wait"], nameof(SnapshotWaitKind.MonitorWait), WaitKind.MonitorWait, ThreadActivity.Waiting, "Monitor.Wait" },
        { "11, pulse, compiled into its caller", [.. Handle, "Condition.Wait"], nameof(SnapshotWaitKind.MonitorWait), WaitKind.MonitorWait, ThreadActivity.Waiting, "Condition.Wait" },
        { "11, pulsed", [.. Handle, "Lock.TryEnterSlow", "Lock.Reenter", "Condition.Wait", "Lock.Wait", "Monitor.Wait"], nameof(SnapshotWaitKind.MonitorEnter), WaitKind.MonitorEnter, ThreadActivity.Blocked, "Monitor.Wait" },
        { "11, semaphore", [.. Handle, "Condition.Wait", "SemaphoreSlim.WaitUntilCountOrTimeout", "SemaphoreSlim.Wait"], nameof(SnapshotWaitKind.MonitorWait), WaitKind.SemaphoreSlim, ThreadActivity.Waiting, "SemaphoreSlim.Wait" },
        { "11, lock of a semaphore", [.. Handle, "Lock.TryEnterSlow", "Lock.Enter", "Monitor.Enter", "SemaphoreSlim.Wait"], nameof(SnapshotWaitKind.MonitorEnter), WaitKind.MonitorEnter, ThreadActivity.Blocked, "Monitor.Enter" },
        { "11, reader", [.. Handle, "ReaderWriterLockSlim.WaitOnEvent", "ReaderWriterLockSlim.TryEnterReadLockCore"], null, WaitKind.ReadLock, ThreadActivity.Blocked, "TryEnterReadLockCore" },
        { "11, join", [.. Subsystem, "Thread.JoinInternal", "Thread.Join"], nameof(SnapshotWaitKind.Join), WaitKind.ThreadJoin, ThreadActivity.Waiting, "Thread.Join" },
        { "11, join, compiled into its caller", [.. Subsystem, "Thread.JoinInternal"], null, WaitKind.ThreadJoin, ThreadActivity.Waiting, "JoinInternal" },
        { "11, handle", [.. Handle, "WaitHandle.WaitOne"], null, WaitKind.WaitHandle, ThreadActivity.Waiting, "WaitOne" },
        { "11, sleep", ["WaitSubsystem.ThreadWaitInfo.Wait", "WaitSubsystem.ThreadWaitInfo.Sleep"], null, WaitKind.Sleep, ThreadActivity.Sleeping, "ThreadWaitInfo.Sleep" },
        { "11, idle worker", ["LowLevelThreadBlocker.TimedWait", "LowLevelLifoSemaphore.Block"], null, null, ThreadActivity.Waiting, "Block" },
    };

    [Theory]
    [MemberData(nameof(Stacks))]
    public void TheOutermostFrameOfAWaitSaysWhatItIsFor(string name, string[] frames, string? recorded, WaitKind? kind, ThreadActivity activity, string frame)
    {
        DumpFrame[] stack = [.. frames.Select(Frame), Build.Frame("Work", 12, "…")];
        WaitClassifier.Found? found = WaitClassifier.Find(stack, recorded is null ? null : Enum.Parse<SnapshotWaitKind>(recorded));
        Assert.NotNull(found);
        Assert.Equal((name, kind, activity), (name, found.Value.Kind, found.Value.Activity));
        Assert.EndsWith(frame, stack[found.Value.Index].Method.FullName, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatRunsBelowTheProgramsOwnFrameIsNoWait()
    {
        DumpFrame[] stack = [Build.Frame("Work", 12, "…"), .. Handle.Select(Frame), Frame("Monitor.Enter")];
        Assert.Null(WaitClassifier.Find(stack, recorded: null));
    }

    private static DumpFrame Frame(string method)
    {
        int dot = method.LastIndexOf('.');
        return Build.Platform("System.Threading." + method[..dot], method[(dot + 1)..]);
    }
}
