using Stackflare.Analysis;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Analysis;

/// <summary>What nobody will release, and what keeps a process running.</summary>
public sealed partial class DumpAnalyzerTests
{
    [Theory]
    [InlineData(2, 12.0, true, true)]
    [InlineData(2, 0.5, true, false)] // a short wait
    [InlineData(2, null, true, false)] // not known, or it runs
    [InlineData(2, 12.0, false, false)] // it waits for finalizers to run
    [InlineData(7, 12.0, true, false)] // a thread of the program with that name
    public void AFinalizerThatDoesNotReturnIsSaid(int id, double? offCpu, bool isInFinalizer, bool isSaid)
    {
        DumpThread finalizer = new()
        {
            OsId = new OsThreadId(7),
            ManagedId = new ManagedThreadId(id),
            Name = ".NET Finalizer",
            Activity = ThreadActivity.Waiting,
            OffCpuTime = offCpu is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Frames = isInFinalizer ? [Build.Frame("Finalize", 26, null)] : [],
        };

        Finding? finding = Examine([finalizer]).SingleOrDefault();

        Assert.Equal(isSaid ? "No finalizer runs: the finalizer thread has been in one for at least 12 s" : null, finding?.Summary);
        if (finding is null)
            return;
        Assert.Equal(["it is waiting at MyApp.Program.Finalize() in /src/Program.cs:line 26"], finding.Evidence);
        Assert.Equal((FindingKind.FinalizerBlocked, finalizer), (finding.Kind, Assert.Single(finding.Threads)));
    }

    [Theory]
    [InlineData(10, 0, true, false, true)]
    [InlineData(9, 0, true, false, false)]
    [InlineData(10, 1, true, false, false)] // one of them is about to enter
    [InlineData(10, 0, false, false, false)] // a signal
    [InlineData(10, 0, true, true, false)] // somebody is in
    public void ASemaphoreThatNobodyHasWasNotReleased(int waiters, int free, bool isReleased, bool isEntered, bool isSaid)
    {
        AsyncWait wait = new()
        {
            Kind = AsyncWaitKind.SemaphoreSlim,
            Object = new ObjectAddress(0x7000),
            Free = free,
            Limit = 4,
            IsReleasedByWaiter = isReleased,
        };
        ThreadDump dump = Build.AsyncDump(
            [],
            [
                .. Enumerable.Range(0, waiters).Select(_ => Build.Stack(wait, Build.Async("Enter", 27, null))),
                .. isEntered ? [Build.Stack(Build.For(AsyncWaitKind.Delay), Build.Async("Enter", 30, null))] : (AsyncStack[])[],
            ]);

        Finding? finding = DumpAnalyzer.Analyze(dump).Findings.SingleOrDefault();

        Assert.Equal(isSaid ? "SemaphoreSlim <0x7000> was probably never released: 10 wait for it, and nobody is past the wait" : null, finding?.Summary);
        if (finding is null)
            return;
        Assert.Equal(
            ["0 of 4 are free, and the method that waits for it also releases it", "10 wait at MyApp.Program.Enter() in /src/Program.cs:line 27"], finding.Evidence);
        Assert.Equal((FindingKind.SemaphoreNotReleased, 10, 10), (finding.Kind, finding.Count, finding.Frames.Single().Count));
    }

    /// <summary>A worker that has no work cannot be going to release it.</summary>
    [Theory]
    [InlineData(false, false, "\"t1\" #1 holds it and has ended its work, as an idle worker of the thread pool")]
    [InlineData(false, true, "\"t1\" #1 reads it and has ended its work, as an idle worker of the thread pool")]
    [InlineData(true, false, null)]
    [InlineData(true, true, null)]
    public void ALockOfAnIdleWorkerWillNeverBeFree(bool isAtWork, bool isRead, string? reason)
    {
        DumpThread holder = Build.Thread(
            1, "t1", isAtWork ? ThreadActivity.Running : ThreadActivity.Waiting, isAtWork ? [Handler, Dispatch, WorkerStart] : [WorkerStart], pool: true);
        DumpThread wanting = Waiting.Thread(2);
        DumpLock gate = isRead ? Waiting.Lock(null, LockKind.ReaderWriterLockSlim, readers: [holder]) : Waiting.Lock(holder);
        holder.HeldLocks = [new HeldLock(gate, null, isRead)];
        wanting.WaitsFor(gate, isRead ? WaitKind.WriteLock : WaitKind.MonitorEnter);

        Finding? finding = Examine([holder, wanting]).SingleOrDefault();

        Assert.Equal(reason is null ? null : $"<0x7000> (MyApp.Gate) will never be released: {reason}", finding?.Summary);
        if (finding is null)
            return;
        Assert.Equal((FindingKind.AbandonedLock, 1, gate), (finding.Kind, finding.Count, Assert.Single(finding.Locks)));
        Assert.Equal(["1 waits at MyApp.Program.Work() in /src/Program.cs:line 12"], finding.Evidence);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "a thread that read it has ended")]
    [InlineData(2, "2 threads that read it have ended")]
    public void ALockThatEndedThreadsReadWillNeverBeFree(int lost, string? reason)
    {
        DumpThread[] writers = [.. Enumerable.Range(1, 6).Select(i => Waiting.Thread(i))];
        var gate = new DumpLock { Address = new ObjectAddress(0x7000), Kind = LockKind.ReaderWriterLockSlim, LostReaders = lost };
        foreach (DumpThread writer in writers)
            writer.WaitsFor(gate, WaitKind.WriteLock);

        Finding finding = Assert.Single(Examine(writers));

        // It is no convoy: nobody will have it.
        Assert.Equal(reason is null ? FindingKind.LockConvoy : FindingKind.AbandonedLock, finding.Kind);
        Assert.Equal(reason is null ? "Lock convoy: 6 threads wait for <0x7000>" : $"<0x7000> will never be released: {reason}", finding.Summary);
        Assert.Equal(writers, finding.Threads);
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)] // Main runs
    [InlineData(false, true, false)] // nothing keeps the process running
    public void MainHasReturned(bool hasMain, bool isBackground, bool isSaid)
    {
        DumpThread[] threads =
        [
            .. hasMain ? [Build.Thread(1, null, ThreadActivity.Waiting, [Build.Frame("Main", 3, null)], main: true)] : (DumpThread[])[],
            new() { OsId = new OsThreadId(9), Name = "log writer", ManagedId = new ManagedThreadId(4), IsBackground = isBackground, Activity = ThreadActivity.Waiting, Frames = [Build.Frame("Write", 11, null)] },
        ];
        ThreadDump dump = Build.Dump(threads);
        dump = dump with { RuntimeThreads = [new RuntimeThread(new OsThreadId(dump.Process.Id), "MyApp", ThreadActivity.Waiting, TimeSpan.Zero)] };

        Finding? finding = DumpAnalyzer.Analyze(dump).Findings.SingleOrDefault();

        Assert.Equal(isSaid ? "Main has returned: 1 foreground thread keeps the process running" : null, finding?.Summary);
        if (finding is null)
            return;
        Assert.Equal(["\"log writer\" #4 is a foreground thread, waiting at MyApp.Program.Write() in /src/Program.cs:line 11"], finding.Evidence);
        Assert.Equal((FindingKind.MainReturned, 1), (finding.Kind, finding.Count));
    }

    [Theory]
    [InlineData(100, false, true)]
    [InlineData(99, false, false)]
    [InlineData(100, true, false)] // idle workers
    public void ManyThreadsOfTheFrameworkAreSaid(int count, bool isPool, bool isSaid)
    {
        DumpFrame events = Build.Platform("System.IO.FileSystemWatcher.RunningInstance", "ProcessEvents");
        DumpFrame[] frames = [Build.Platform("Interop.Sys", "Read"), events, Build.Platform("System.Threading.Thread", "StartCallback")];
        DumpThread[] threads = [.. Enumerable.Range(1, count).Select(i => Build.Thread(i, ".NET File Watcher", ThreadActivity.Waiting, frames, pool: isPool))];

        Finding? finding = Examine(threads).SingleOrDefault();

        Assert.Equal(isSaid ? "100 threads of the framework have the same stack" : null, finding?.Summary);
        if (finding is null)
            return;
        Assert.Equal(["they run System.IO.FileSystemWatcher.RunningInstance.ProcessEvents(): there is one for each object that uses such a thread and is not disposed"], finding.Evidence);
        Assert.Equal((FindingKind.ManyAlike, 100), (finding.Kind, finding.Count));
        Assert.Equal([new FindingFrame(events, 100)], finding.Frames);
    }
}
