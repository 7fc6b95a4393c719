using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Findings;

/// <summary>What nobody will release, and what keeps a process running.</summary>
public sealed class LossTests
{
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Pool)]
    [InFlavours("net9", LooksAt.Locks | LooksAt.Pool)]
    [InFlavours("unoptimized", LooksAt.Locks | LooksAt.Pool)]
    public async Task ALockOfAnIdleWorkerOrAnEndedThreadIsLost(string flavour)
    {
        (string Thread, string Reason)[] losses =
        [
            ("wants the monitor", " holds it and has ended its work, as an idle worker of the thread pool"),
            ("wants the worker's", " reads it and has ended its work, as an idle worker of the thread pool"),
            ("wants the thread's", "will never be released: a thread that read it has ended"),
        ];
        await using var target = await DeadlockTests.StartAsync(flavour, "LostLocks");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all to wait, and the workers to be idle", d => d.Findings.Count == losses.Length);
        Assert.All(losses, loss =>
        {
            TruthThread truth = target.Truth.Named(loss.Thread);
            Finding finding = dump.Findings.Single(f => f.Threads.Single().OsId.Value == truth.OsId);
            Assert.Equal(FindingKind.AbandonedLock, finding.Kind);
            Assert.EndsWith(loss.Reason, finding.Summary, StringComparison.Ordinal);
            Assert.Equal((truth.Marks[0].Method, truth.Marks[0].Line), (finding.Frames.Single().Frame.Method.FullName, finding.Frames.Single().Frame.Source!.Line));
            Assert.Same(LockTruth.Of(dump, truth).WaitingFor!.Lock, finding.Locks.Single());
        });
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Pool)]
    public async Task ALockOfWorkThatGoesOnIsNotLost(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "LostLocks", "--kept", "1");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all to wait", d => target.Truth.Threads.All(t => LockTruth.Of(d, t).WaitingFor is { WaitsFor.Count: 1 }));
        Assert.Empty(dump.Findings);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async)]
    [InFlavours("unoptimized", LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Async)]
    public async Task ASemaphoreThatNobodyHasWasNotReleased(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Gate");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all to wait", d => d.AsyncStacks.Count(IsAtGate) == 30);
        Finding finding = Assert.Single(dump.Findings);
        Assert.Equal((FindingKind.SemaphoreNotReleased, 30), (finding.Kind, finding.Count));
        Assert.Matches("^SemaphoreSlim <0x[0-9a-f]+> was probably never released: 30 wait for it, and nobody is past the wait$", finding.Summary);
        Assert.Equal("0 of 4 are free, and the method that waits for it also releases it", finding.Evidence[0]);
        Assert.Matches(@"^30 wait at Stackflare\.Targets\.Shapes\.Problems\.Gate\.EnterAsync\(.*Gate\.cs:line 24$", finding.Evidence[1]);
    }

    [Theory]
    [InFlavours("optimized", LooksAt.Async, "--held")]
    [InFlavours("net11", LooksAt.Async, "--held")]
    [InFlavours("optimized", LooksAt.Async, "--signal")]
    [InFlavours("net11", LooksAt.Async, "--signal")]
    public async Task ASemaphoreThatIsHeldOrIsASignalIsNotLost(string flavour, string option)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Gate", option, "1");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all to wait", d => d.AsyncStacks.Count(IsAtGate) == (option == "--held" ? 30 : 34));
        Assert.Empty(dump.Findings);
    }

    private static bool IsAtGate(AsyncStack stack) => stack.WaitingFor.Kind == AsyncWaitKind.SemaphoreSlim;

    /// <summary>And while it runs, the same threads are nothing to say.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Ids)]
    [InFlavours("unoptimized", LooksAt.Ids)]
    public async Task MainHasReturnedAndAForegroundThreadStays(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "LogWriter");
        using var dumps = new LiveDumps(target);
        Assert.Empty(dumps.Take().Findings);
        await target.SendAsync("exit");
        ThreadDump dump = await dumps.UntilAsync("the main thread to be gone", d => d.Findings.Count > 0);
        Finding finding = Assert.Single(dump.Findings);
        TruthThread writer = target.Truth.Named("log writer");
        Assert.Equal((FindingKind.MainReturned, "Main has returned: 1 foreground thread keeps the process running"), (finding.Kind, finding.Summary));
        Assert.Equal(writer.OsId, finding.Threads.Single().OsId.Value);
        Assert.Matches($@"^""log writer"" #\d+ is a foreground thread, sleeping at .*LogWriter\.cs:line {writer.Marks[0].Line}$", Assert.Single(finding.Evidence));
    }

    /// <summary>From .NET 11 on, file watchers have no threads: each is an async method.</summary>
    [Theory]
    [InFlavours("optimized", LooksAt.Stacks)]
    [InFlavours("unoptimized", LooksAt.Stacks)]
    public async Task AHundredThreadsOfTheFrameworkAreSaid(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "LogWriter", "--watchers", "100");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all watchers to wait", d => d.Findings.Count > 0);
        Finding finding = Assert.Single(dump.Findings);
        Assert.Equal((FindingKind.ManyAlike, 100, "100 threads of the framework have the same stack"), (finding.Kind, finding.Count, finding.Summary));
        Assert.StartsWith("they run System.IO.FileSystemWatcher.", Assert.Single(finding.Evidence), StringComparison.Ordinal);
    }
}
