using Stackflare.Building;
using Stackflare.Snapshots;
using Stackflare.Symbols;
using Stackflare.Tests.Symbols;
using Stackflare.Tests.Writers;
using static Stackflare.Tests.Writers.Build;

namespace Stackflare.Tests.Analysis;

/// <summary>What is called unchanged in a series of dumps, and what is not.</summary>
public sealed class DumpComparisonTests
{
    private static readonly DateTimeOffset Begin = new(2026, 11, 22, 17, 35, 0, TimeSpan.Zero);

    public static TheoryData<string, DumpThread> NotTheSame => new()
    {
        { "it has run", Thread(7, "t", ThreadActivity.Blocked, [Enter(), Work()], cpu: 3.0001) },
        { "its time is not exact", Inexact(Work()) },
        { "its time is not known", Thread(7, "t", ThreadActivity.Blocked, [Enter(), Work()], cpu: null) },
        { "another line", Thread(7, "t", ThreadActivity.Blocked, [Enter(), Frame("Work", 32, null)]) },
        { "a hidden frame more", Thread(7, "t", ThreadActivity.Blocked, [Enter(), Work(), Frame("Start", 1, null, hidden: true)]) },
        { "another thread", Thread(8, "t", ThreadActivity.Blocked, [Enter(), Work()]) },
        { "another wait", With(new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 0 }) },
        { "less of the stack", Thread(7, "t", ThreadActivity.Blocked, [Enter(), Work()], completeness: StackCompleteness.Truncated) },
    };

    [Fact]
    public void AThreadThatHasNotRunIsUnchanged()
    {
        ThreadDump third = SeriesDumps.Compared(At(0, [Still()]), At(1, [Still()]), At(5, [Still()]));
        Assert.Equal((3, TimeSpan.FromSeconds(5)), (third.Unchanged!.Dumps, third.Unchanged.Elapsed));
        Assert.True(third.Unchanged.Has(third.Threads[0]));
    }

    [Theory, MemberData(nameof(NotTheSame), DisableDiscoveryEnumeration = true)]
    public void AThreadThatMayHaveRunIsNot(string why, DumpThread other)
    {
        ThreadDump second = SeriesDumps.Compared(At(0, [Still()]), At(1, [other]));
        Assert.False(second.Unchanged!.Has(other), why);
        // Nor is it if it is back in the next dump.
        Assert.False(SeriesDumps.Compared(At(0, [Still()]), At(1, [other]), At(2, [Still()])).Unchanged!.Has(Still()), why);
        // The first one may be the one that is not known.
        Assert.False(SeriesDumps.Compared(At(0, [other]), At(1, [Still()])).Unchanged!.Has(Still()), why);
    }

    /// <summary>A collection moves the object that it waits for. The thread has not run, so it is the same object.</summary>
    [Fact]
    public void AMovedObjectIsTheSameToAThreadThatHasNotRun()
    {
        DumpThread[] threads = [.. new ulong[] { 1, 2 }.Select(at => With(new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 0, Object = new ObjectAddress(at) }))];
        Assert.True(SeriesDumps.Compared(At(0, [threads[0]]), At(1, [threads[1]])).Unchanged!.Has(threads[1]));
    }

    /// <summary>Between two ticks of 10 ms, a thread can run, and the time is the same.</summary>
    [Fact]
    public void AProcessorTimeInTicksIsNotExact()
    {
        var builder = new SnapshotBuilder { Host = CodeSnapshot.Host };
        foreach ((int id, long? microseconds) in (ReadOnlySpan<(int, long?)>)[(1, 1234), (2, 120_001), (3, 120_000), (4, 0), (5, null)])
            builder.Add(new SnapshotThread { OsId = id, CpuTime = microseconds is { } time ? TimeSpan.FromMicroseconds(time) : null });
        ThreadDump dump = DumpBuilder.Build(builder.Build(), new Symbolicator(new SymbolOptions()), ownThread: null);
        Assert.Equal([true, true, false, false, false], dump.Threads.OrderBy(static t => t.OsId.Value).Select(static t => t.HasExactCpuTime));
    }

    [Fact]
    public void AsyncStacksAreUnchangedIfAllDumpsHaveTheirIdentity()
    {
        AsyncStack[] always = [Waits(1), Waits(2)];
        ThreadDump third = SeriesDumps.Compared(At(0, [], [.. always, Waits(3), Waits(null)]), At(1, [], [.. always, Waits(4), Waits(null)]), At(2, [], [.. always, Waits(3), Waits(4), Waits(null)]));
        Assert.Equal([true, true, false, false, false], third.AsyncStacks.Select(third.Unchanged!.Has));
    }

    [Fact]
    public void TasksBehindAreCompared()
    {
        AsyncStack All(ulong inner) => SeriesDumps.Stack(null, For(AsyncWaitKind.WhenAll, done: 0, total: 1, unfinished: [SeriesDumps.Stack(9, For(AsyncWaitKind.WhenAny, done: 0, total: 1, unfinished: [Waits(inner)]))]));
        ThreadDump same = SeriesDumps.Compared(At(0, [], [All(1)]), At(1, [], [All(1)])), other = SeriesDumps.Compared(At(0, [], [All(1)]), At(1, [], [All(2)]));
        Assert.True(same.Unchanged!.Has(Waits(1)));
        Assert.False(other.Unchanged!.Has(Waits(2)));
    }

    /// <summary>A dump without async stacks does not say whether they were there.</summary>
    [Fact]
    public void WithoutAsyncStacksInADumpNothingIsSaidOfThem()
    {
        ThreadDump without = At(1, [Still()]) with { HasAsyncStacks = false };
        foreach (ThreadDump[] dumps in (ThreadDump[][])[[without with { CapturedAt = Begin - TimeSpan.FromSeconds(1) }, At(2, [Still()], [Waits(1)])], [At(0, [Still()], [Waits(1)]), without, At(2, [Still()], [Waits(1)])]])
        {
            ThreadDump last = SeriesDumps.Compared(dumps);
            Assert.Null(last.Unchanged?.AsyncStacks);
            Assert.DoesNotContain("of 1 async stack", Render.Text(last), StringComparison.Ordinal);
        }
    }

    /// <summary>What belongs to the framework is in every dump of every program.</summary>
    [Fact]
    public void TheSumIsOfWhatIsTheProgramsOnly()
    {
        DumpThread idle = Thread(9, ".NET TP Worker", ThreadActivity.Waiting, [Platform("System.Threading.PortableThreadPool.WorkerThread", "WorkerThreadStart")], pool: true);
        AsyncStack accept = SeriesDumps.Stack(7, For(AsyncWaitKind.Socket), PlatformAsync("System.Net.Listener", "AcceptAsync"));
        string Second(IReadOnlyList<DumpThread> threads, params IReadOnlyList<AsyncStack> stacks) => Render.Text(SeriesDumps.Compared(At(0, threads, stacks), At(1, threads, stacks)));
        Assert.DoesNotContain("nchanged", Second([idle], accept), StringComparison.Ordinal);
        Assert.Contains("\nUnchanged in both dumps, over 1.0s: 1 of 1 thread\n", Second([idle, Still()], accept), StringComparison.Ordinal);
        Assert.Contains("\nUnchanged in both dumps, over 1.0s: 1 of 2 async stacks\n", Second([idle], accept, Waits(1), Waits(null)), StringComparison.Ordinal);
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(Second([idle, Still()], accept), ", unchanged in both dumps"));
    }

    [Fact]
    public void TheFirstDumpOfAProcessIsComparedWithNone()
    {
        ThreadDump first = At(10, [Still()]);
        Assert.Null(SeriesDumps.Compared(first).Unchanged);
        Assert.Null(SeriesDumps.Compared(first, At(5, [Still()])).Unchanged);
        Assert.Null(SeriesDumps.Compared(first, first).Unchanged);
        foreach (DumpedProcess other in (DumpedProcess[])[Of(4243, "MyApp", 12), Of(4242, "Other", 12), Of(4242, "MyApp", -60), Of(4242, "MyApp", null)])
            Assert.Null(SeriesDumps.Compared(first, At(12, [Still()]) with { Process = other }).Unchanged);
        // A dump of another process ends a series, and begins one.
        ThreadDump third = SeriesDumps.Compared(first, At(12, [Still()]) with { Process = Of(1, "Other", 12) }, At(13, [Still()]) with { Process = Of(1, "Other", 13) });
        Assert.Equal(2, third.Unchanged!.Dumps);
    }

    [Fact]
    public void ADumpWithoutStacksIsNotCompared()
    {
        ThreadDump none = SampleDumps.Get("no-answer");
        Assert.Null(SeriesDumps.Compared(At(0, [Still()]), none).Unchanged);
        Assert.Equal(2, SeriesDumps.Compared(At(0, [Still()]), none, At(1, [Still()])).Unchanged!.Dumps);
    }

    private static DumpThread Still() => Thread(7, "t", ThreadActivity.Blocked, [Enter(), Work()]);

    private static DumpFrame Enter() => Platform("System.Threading.Monitor", "Enter", "Object obj");

    private static DumpFrame Work() => Frame("Work", 31, "lock (gate)");

    private static DumpThread Inexact(DumpFrame work)
    {
        DumpThread still = Still();
        return new DumpThread { OsId = still.OsId, ManagedId = still.ManagedId, CpuTime = still.CpuTime, Frames = [Enter(), work], Completeness = still.Completeness };
    }

    private static DumpThread With(DumpWait wait)
    {
        DumpThread thread = Still();
        thread.WaitingFor = wait;
        return thread;
    }

    private static AsyncStack Waits(ulong? identity) => SeriesDumps.Stack(identity, For(AsyncWaitKind.Socket), Async("A", 1, null));

    private static ThreadDump At(int second, IReadOnlyList<DumpThread> threads, params IReadOnlyList<AsyncStack> stacks) =>
        AsyncDump(threads, stacks) with { CapturedAt = Begin.AddSeconds(second), Process = Of(4242, "MyApp", second) };

    private static DumpedProcess Of(int id, string name, int? uptime) => new()
    {
        Id = id,
        Name = name,
        RuntimeVersion = new Version(10, 0, 12),
        Platform = "linux-x64",
        Uptime = uptime is { } seconds ? TimeSpan.FromSeconds(3600 + seconds) : null,
    };
}
