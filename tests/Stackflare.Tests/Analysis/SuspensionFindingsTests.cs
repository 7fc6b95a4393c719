using Stackflare.Analysis;

namespace Stackflare.Tests.Analysis;

/// <summary>What is said of threads that the runtime cannot stop.</summary>
public sealed class SuspensionFindingsTests
{
    private static readonly SuspensionBlocker Reader = new()
    {
        Thread = new DumpThread { OsId = new OsThreadId(77), ManagedId = new ManagedThreadId(5), Name = "reader", Completeness = StackCompleteness.NotWalked },
        SystemCall = "read",
        OffCpuTime = TimeSpan.FromSeconds(130),
    };

    [Fact]
    public void AThreadThatBlocksIsNamedWithItsCallAndItsTime()
    {
        var error = new SuspensionBlockedException([Reader], stoodStill: null);
        Assert.Equal(
            "The runtime cannot stop the program: \"reader\" tid=77 waits in the system call read, in a native call that blocks the suspension. It was not stopped.",
            error.Problem);
        Finding finding = Assert.Single(SuspensionFindings.In(error, [new RuntimeThread(new OsThreadId(77), "reader", ThreadActivity.Waiting, TimeSpan.Zero) { WaitChannel = "pipe_read" }]));
        Assert.Equal(FindingKind.SuspensionUnfinished, finding.Kind);
        Assert.Equal(
            "\"reader\" #5 tid=77 waits in the system call read (pipe_read), for at least 2 min, in a native call that blocks the suspension (SuppressGCTransition)",
            Assert.Single(finding.Evidence));
        Assert.Equal([Reader.Thread], finding.Threads);
    }

    [Fact]
    public void AProgramThatStoodStillIsToldForHowLong()
    {
        var error = new SuspensionBlockedException([Reader with { SystemCall = null, OffCpuTime = null }, Reader], TimeSpan.FromMilliseconds(161.2));
        Assert.Contains("2 threads do not stop, one of them \"reader\" tid=77 runs native code", error.Problem, StringComparison.Ordinal);
        Assert.EndsWith("It was paused for 162 ms and continues.", error.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void OneThatADebuggerHoldsIsInNoCall()
    {
        var error = new SuspensionBlockedException([Reader with { SystemCall = null, IsHeld = true }], stoodStill: null);
        Assert.Contains("\"reader\" tid=77 is held by a debugger.", error.Problem, StringComparison.Ordinal);
        Assert.Equal("\"reader\" #5 tid=77 is held by a debugger or another tracer", Assert.Single(Assert.Single(SuspensionFindings.In(error, [])).Evidence));
    }

    [Fact]
    public void AnotherErrorHasNone() => Assert.Empty(SuspensionFindings.In(new SnapshotFormatException("test"), []));
}
