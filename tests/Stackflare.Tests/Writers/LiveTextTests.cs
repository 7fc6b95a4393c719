using Stackflare.Analysis;
using Stackflare.Views.Live;
using Stackflare.Writers.Text;
using static Stackflare.Tests.Writers.Build;
using static Stackflare.ThreadActivity;

namespace Stackflare.Tests.Writers;

/// <summary>The screens of a program that is watched, for terminals of all sizes.</summary>
public sealed class LiveTextTests
{
    public static TheoryData<int, int> Sizes => [.. from width in (int[])[1, 10, 40, 80, 120, 200] from height in (int[])[1, 3, 8, 12, 24, 50] select (width, height)];

    private static readonly Lazy<LiveScreen[]> Screens = new(static () => [.. SampleDumps.Names.Select(ScreenOf).Append(Busy())]);

    [Fact]
    public void AScreenForAScript() => Golden.Verify(Text(LiveText.Lines(Busy(), "paused for 0.25 % of the time")), "live");

    [Theory]
    [InlineData(80, 24)]
    [InlineData(120, 30)]
    [InlineData(60, 10)]
    public void AScreenForATerminal(int width, int height) =>
        Golden.Verify(Text(LiveText.Lines(Busy(), "paused for 0.25 % of the time; q ends", null, width, height)), $"live.{width}x{height}");

    [Fact]
    public void TheDocsShowSuchAScreen() => Assert.Contains(
        $"<!-- output: stackflare top -->\n```\n{File.ReadAllText(Golden.PathOf("live.120x30"))}```\n", File.ReadAllText(Path.Combine(Golden.RepositoryRoot, "docs", "cli.md")), StringComparison.Ordinal);

    [Theory, MemberData(nameof(Sizes))]
    public void NoScreenIsLargerThanTheTerminal(int width, int height)
    {
        foreach (LiveScreen screen in Screens.Value)
        {
            IReadOnlyList<string> lines = LiveText.Lines(screen, "paused", null, width, height);
            Assert.InRange(lines.Count, 1, height);
            Assert.All(lines, l => Assert.InRange(TerminalWidth.WidthOf(l), 0, width));
            Assert.All(lines, l => Assert.False(l.Any(char.IsControl), l));
        }
    }

    /// <summary>Colours change no text.</summary>
    [Fact]
    public void ColoursAddNothingElse()
    {
        string plain = Text(LiveText.Lines(Busy(), "", null, 80, 40)), coloured = Text(LiveText.Lines(Busy(), "", new TextTheme(colours: true, linkHost: null), 80, 40));
        Assert.NotEqual(plain, coloured);
        Assert.Equal(plain, System.Text.RegularExpressions.Regex.Replace(coloured, @"\e\[\d*m", ""));
    }

    /// <summary>What a small screen keeps: what is wrong, the hottest line, the queue that grows, and the wanted lock.</summary>
    [Fact]
    public void ASmallScreenKeepsWhatMatters()
    {
        IReadOnlyList<string> lines = LiveText.Lines(Busy(), "", null, 80, 10);
        Assert.Contains(lines, l => l.StartsWith("Lock convoy: ", StringComparison.Ordinal) && l.EndsWith(" (and 1 more)", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("Parser.Scan", StringComparison.Ordinal) && l.EndsWith("Parser.cs:line 41", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("Thread pool: 108 queued, growing: 24 more than 2.0s ago", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("   24 wait  MyApp.Gate", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("       held by \"loader\" #7, sleeping at MyApp.Cache.Load", StringComparison.Ordinal));
    }

    private static LiveScreen ScreenOf(string name)
    {
        var view = new LiveView();
        var recording = new Recording(RecordingMode.Cpu, view);
        ThreadDump dump = SampleDumps.Get(name);
        recording.Add(dump, TimeSpan.Zero);
        recording.Add(dump with { Threads = [.. dump.Threads.Select(Later)] }, TimeSpan.FromSeconds(1));
        recording.Settle();
        return view.Next();

        static DumpThread Later(DumpThread t) => Thread(t.OsId.Value - 4241, t.Name, Running, t.Frames, main: t.IsMain, cpu: (t.CpuTime?.TotalMilliseconds ?? 0) + 100, managedId: t.ManagedId is not null, own: t.IsOwn);
    }

    /// <summary>A busy line, a convoy, a queue and awaits that grow.</summary>
    private static LiveScreen Busy()
    {
        var view = new LiveView();
        var recording = new Recording(RecordingMode.Cpu, view);
        recording.Add(Sample(0, 84, 904), TimeSpan.Zero);
        recording.Add(Sample(900, 96, 1104), TimeSpan.FromSeconds(1));
        recording.Add(Sample(1900, 108, 1204), TimeSpan.FromSeconds(2));
        recording.Settle();
        return view.Next();
    }

    private static ThreadDump Sample(int cpu, long queued, int awaits)
    {
        DumpFrame main = Frame("Main", 9, "Run();"), scan = Frame("Scan", 41, "while (text[i] != end)", "String text, Int32 i", "MyApp.Text.Parsing.Parser", path: "/home/build/src/MyApp/Text/Parsing/Parser.cs");
        DumpFrame load = Frame("Load", 70, "Thread.Sleep(delay);", type: "MyApp.Cache", path: "/home/build/src/MyApp/Cache.cs"), get = Frame("Get", 66, "lock (gate)", type: "MyApp.Cache", path: "/home/build/src/MyApp/Cache.cs");
        DumpThread worker = Thread(5, "a worker with quite a long name", Running, [scan, main], cpu: cpu), second = Thread(6, "second", Running, [scan, main], cpu: cpu / 10);
        DumpThread holder = Thread(7, "loader", Sleeping, [Platform("System.Threading.Thread", "Sleep", "Int32 milliseconds"), load, main], cpu: 3);
        var gate = new DumpLock { Address = new ObjectAddress(0x7ef6798099d8), Kind = LockKind.Monitor, Type = "MyApp.Gate", Owner = holder };
        DumpThread[] blocked = [.. Enumerable.Range(10, 24).Select(i => Thread(i, $"request {i}", Blocked, [Platform("System.Threading.Monitor", "Enter", "Object obj"), get, main]))];
        foreach (DumpThread thread in blocked)
            thread.WaitingFor = new DumpWait { Kind = WaitKind.MonitorEnter, FrameIndex = 0, Lock = gate };
        gate.Waiters = blocked;
        DumpFrame ask = Async("AskAsync", 31, "await client.GetAsync(uri);", "Uri uri", "MyApp.Rates", "/home/build/src/MyApp/Rates.cs"), retry = Async("RetryAsync", 90, "await Task.Delay(pause);", "", "MyApp.Jobs", "/home/build/src/MyApp/Jobs.cs");
        ThreadDump dump = AsyncDump([worker, second, holder, .. blocked],
            [.. Enumerable.Range(0, awaits).Select(_ => Stack(For(AsyncWaitKind.Socket, operation: "Receive"), ask)), .. Enumerable.Range(0, 12).Select(_ => Stack(For(AsyncWaitKind.Delay), retry))]);
        return dump with
        {
            ThreadPool = new ThreadPoolState(4, 4, 2, 100, queued, 500 + cpu) { QueuedWork = [new QueuedWork("async method MyApp.Orders.LoadAsync", queued)] },
            Findings = [.. LockConvoyFindings.In(dump), new Finding(FindingKind.ThreadPoolStarved, "Thread pool starved: all 4 workers are blocked", ["evidence"], [])],
        };
    }

    private static string Text(IReadOnlyList<string> lines) => string.Join('\n', lines) + "\n";
}
