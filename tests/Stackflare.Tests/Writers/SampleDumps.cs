using Stackflare.Writers.Profiles;
using static Stackflare.Tests.Writers.Build;
using static Stackflare.ThreadActivity;

namespace Stackflare.Tests.Writers;

/// <summary>The dumps that golden files show.</summary>
internal static class SampleDumps
{
    private static readonly DumpFrame Enter = Platform("System.Threading.Monitor", "Enter", "Object obj");
    private static readonly DumpFrame Main = Frame("Main", 19, "worker.Join();", "String[] args");
    private static readonly DumpFrame Join = Platform("System.Threading.Thread", "Join");
    private static readonly DumpFrame StartCallback = Platform("System.Threading.Thread", "StartCallback", hidden: true);

    public static readonly string[] Names =
    [
        "ordinary", "folding", "no-symbols", "incomplete", "empty", "before-net9", "long-group", "hostile", "generics", "hung-server", "no-answer",
        "deadlock", "reader-writer", "lock-groups", "lock-parts", "hostile-locks", "cycles",
        "async", "async-requests", "async-tree", "async-idle", "async-none", "async-many", "hostile-async", "third-of-series",
    ];

    public static ThreadDump Get(string name) => name switch
    {
        "ordinary" => Ordinary(),
        "folding" => Folding(),
        "no-symbols" => NoSymbols(),
        "incomplete" => Incomplete(),
        "empty" => Dump(),
        "before-net9" => BeforeNet9(),
        "long-group" => LongGroup(),
        "hostile" => Hostile(),
        "generics" => Generics(),
        "hung-server" => HungServer(),
        "no-answer" => NoAnswer(),
        "deadlock" => LockSamples.Deadlock(),
        "reader-writer" => LockSamples.ReaderWriter(),
        "lock-groups" => LockSamples.Groups(),
        "lock-parts" => LockSamples.Partly(),
        "hostile-locks" => LockSamples.Hostile(),
        "cycles" => LockSamples.Cycles(),
        "async" => AsyncDumps.HungServer(),
        "async-requests" => AsyncDumps.Requests(),
        "async-tree" => AsyncDumps.Tree(),
        "async-idle" => AsyncDumps.Idle(),
        "async-none" => Build.AsyncDump(Ordinary().Threads),
        "async-many" => AsyncDumps.Many(),
        "hostile-async" => AsyncDumps.Hostile(),
        "third-of-series" => SeriesDumps.Third(),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    /// <summary>
    /// Three dumps, 50 ms apart: one thread stands still, one works, one comes and goes. Each dump has frame objects of its own, as in life.
    /// </summary>
    public static StackSamples Series()
    {
        var samples = new StackSamples(RenderOptions.Default, TimeSpan.FromMilliseconds(50));
        for (int i = 0; i < 3; i++)
        {
            var main = Thread(1, null, Waiting, [Join, Frame("Main", 19, "worker.Join();", "String[] args")], main: true, background: false);
            var work = Frame("Work", i == 2 ? 34 : 31, "Parse(next);");
            var worker = Thread(7, "worker", Running, i == 1 ? [Frame("Parse", 50, "i++;"), work, StartCallback] : [work, StartCallback]);
            var pool = Thread(9, ".NET TP Worker", Running, [Frame("OnTimer", 71, "Flush();"), StartCallback]);
            samples.Add(i == 1 ? Dump(main, worker, pool) : Dump(main, worker, Thread(2, "Finalizer", Waiting, [])));
        }
        return samples;
    }

    private static ThreadDump Ordinary() => Dump(
        Thread(1, null, Waiting, [Join, Main], main: true, background: false, cpu: 120),
        Thread(2, "Finalizer", Waiting, []),
        Thread(7, "worker", Blocked, [Enter, Frame("Work", 31, "lock (gate)"), StartCallback]));

    /// <summary>What the kernel says of a process whose runtime does not answer.</summary>
    private static ThreadDump NoAnswer()
    {
        ThreadDump dump = Dump(
            [],
            [
                new RuntimeThread(new OsThreadId(4242), "MyApp", Waiting, TimeSpan.FromMilliseconds(120)) { WaitChannel = "futex_wait_queue" },
                new RuntimeThread(new OsThreadId(4243), ".NET SynchManag", Waiting, TimeSpan.Zero) { WaitChannel = "do_poll" },
                new RuntimeThread(new OsThreadId(4248), "worker", Running, TimeSpan.FromSeconds(90)),
            ],
            ["Only the kernel's view of the threads is available: No stacks within 5 s: the runtime did not answer."]);
        return new ThreadDump
        {
            Process = dump.Process,
            CapturedAt = dump.CapturedAt,
            Timings = new CaptureTimings(default, default, default, default, 0),
            HasStacks = false,
            Threads = [],
            RuntimeThreads = dump.RuntimeThreads,
            Notes = dump.Notes,
        };
    }

    /// <summary>One of nearly everything.</summary>
    private static ThreadDump HungServer()
    {
        var charge = Frame("Charge", 88, "lock (_ledger)", "Order order, Decimal amount", "MyApp.Payments.Till", path: "/src/Payments/Till.cs");
        var handle = Frame("HandleAsync", 41, "await till.Charge(order, order.Total);", "HttpContext context", "MyApp.Api.Orders", path: "/src/Api/Orders.cs");
        DumpFrame[] blocked = [Enter, charge, handle, StartCallback];
        var retry = Frame("Retry.lambda", 23, null, "Int32 attempt", "MyApp.Net.Client", path: "/src/Net/Client.cs", origin: SourceTextOrigin.FileChanged);
        var post = Platform("Contoso.Http.Poster", "Post", "Uri uri", module: new ModuleIdentity("Contoso.Http.dll", "/app/Contoso.Http.dll", null));
        DumpFrame[] idle =
        [
            Platform("System.Threading.LowLevelLifoSemaphore", "WaitForSignal", "Int32 timeoutMs"),
            Platform("System.Threading.PortableThreadPool.WorkerThread", "WorkerThreadStart"),
        ];
        var visit = Frame("Visit", 57, "Visit(node.Next);", "Node node", "MyApp.Reports.Tree", path: "/src/Reports/Tree.cs");
        var build = Frame("Build", 12, "tree.Visit(root);", "", "MyApp.Reports.Report", path: "/src/Reports/Report.cs");

        return Dump(
            [
                Thread(1, null, Waiting, [Join, Main], main: true, background: false, cpu: 1520),
                Thread(2, "Finalizer", Waiting, [], cpu: 0),
                Thread(3, ".NET SigHandler", Waiting, [], cpu: 0),
                Thread(4, ".NET TP Worker", Waiting, idle, pool: true, cpu: 40),
                Thread(5, ".NET TP Worker", Waiting, idle, pool: true, cpu: 75_400),
                Thread(6, ".NET TP Worker", Blocked, blocked, pool: true, cpu: 12),
                Thread(7, ".NET TP Worker", Blocked, blocked, pool: true, cpu: 9),
                Thread(8, ".NET TP Worker", Blocked, blocked, pool: true, cpu: 10),
                Thread(9, "uploader", Sleeping, [Platform("System.Threading.Thread", "Sleep", "Int32 millisecondsTimeout"), retry, post], exception: Exception("System.Net.Http.HttpRequestException", "The connection ended.", Exception("System.IO.IOException", "", Exception("System.Net.Sockets.SocketException")))),
                Thread(10, "reports", Running, [.. Enumerable.Repeat(visit, 4999), build], background: false, cpu: 8_100_000),
                Thread(11, "Stackflare", Running, [Platform("Stackflare.Trap", "Park")], own: true),
            ],
            [
                new RuntimeThread(new OsThreadId(4260), ".NET SynchManag", Waiting, TimeSpan.Zero),
                new RuntimeThread(new OsThreadId(4261), ".NET EventPipe", Waiting, TimeSpan.Zero),
                new RuntimeThread(new OsThreadId(4262), ".NET Server GC", Waiting, TimeSpan.FromMilliseconds(90)),
                new RuntimeThread(new OsThreadId(4263), ".NET Server GC", Waiting, TimeSpan.FromMilliseconds(80)),
            ],
            ["No PDB was found for Contoso.Http.dll."]);
    }

    private static ThreadDump Folding()
    {
        var a = Frame("A", 1, "B();");
        var b = Frame("B", 2, "C();");
        var c = Frame("C", 3, null);
        return Dump(
            Thread(1, null, Running, [.. Repeat(10, a), Main], main: true, background: false),
            Thread(2, "period 2", Running, [c, .. Repeat(4999, a, b), Main]),
            Thread(3, "period 3, with a rest", Running, [.. Repeat(3, a, b, c), a, Main]),
            Thread(4, "all of it", Running, Repeat(1_000_000, b)),
            Thread(5, "twice is not folded", Running, [a, a, b, a, b, c, c]),
            Thread(6, "inner repeats", Running, Repeat(3, a, a, a, b)));
    }

    private static ThreadDump NoSymbols() => Dump(
        Thread(1, null, Waiting,
            [
                Native,
                Platform("System.Threading.WaitHandle", "WaitOne", null),
                Dynamic,
                Platform("MyApp.Program", "Stripped", "Int32 n", module: App, symbols: SymbolStatus.PdbMismatch),
                Frame("NotThere", 5, null, origin: SourceTextOrigin.FileNotFound),
                Frame("Changed", 6, null, origin: SourceTextOrigin.FileChanged),
                Frame("Unchecked", 7, null, origin: SourceTextOrigin.NoChecksum),
                Frame("Blank", 8, ""),
                Platform("MyApp.Program", "Main", "String[] args", module: App),
            ], main: true, background: false));

    private static ThreadDump Incomplete() => Dump(
        [
            Thread(1, null, Running, [Main], main: true, background: false, completeness: StackCompleteness.Truncated),
            Thread(2, "broken", Running, [Main], completeness: StackCompleteness.Broken),
            Thread(3, "late", Unknown, [], completeness: StackCompleteness.NotWalked),
            Thread(4, "later", Unknown, [], completeness: StackCompleteness.NotWalked),
            Thread(5, "starting", Running, [StartCallback]),
            Thread(6, "Finalizer", Waiting, []),
        ],
        [],
        ["2 threads were not walked: the pause reached its limit of 250 ms.", "1 stack has more frames than the limit of 1."]);

    private static ThreadDump BeforeNet9() => Dump(
        [
            Thread(1, "dotnet", Waiting, [Join, Main], main: true, background: null, pool: null, managedId: false),
            Thread(2, null, Waiting, [Enter, Main], background: null, pool: null, managedId: false, cpu: null),
        ],
        [],
        ["Managed ids and locks are not available before .NET 9."],
        new DumpedProcess { Id = 4242, Name = "MyApp", RuntimeVersion = new Version(8, 0, 31), Platform = "linux-arm64" });

    private static ThreadDump LongGroup()
    {
        DumpFrame[] stack = [Enter, Frame("Work", 31, "lock (gate)")];
        var threads = new List<DumpThread> { Thread(1, null, Waiting, [Join, Main], main: true, background: false) };
        for (int i = 2; i <= 1200; i++)
            threads.Add(Thread(i, i % 10 == 0 ? $"io-{i}" : $"worker-{i}", Blocked, stack, background: i % 2 == 0, cpu: 2));
        threads.Add(Thread(1300, null, Blocked, stack, cpu: null));
        threads.Add(Thread(1302, "the last", Blocked, stack));
        return Dump(threads);
    }

    private static ThreadDump Hostile() => Dump(
        [
            Thread(1, "a\"\n\"fake\" #9 tid=1 running", Running, [Frame("Evil\n   at Fake()", 1, "x = \"\u001b[2J\"; \u202e// tab\there", "String \u001b[31ms", path: "/src/\r\n\"quoted\".cs")], main: true),
            Thread(2, "C:\\temp\0\u009b31m", Running, [Frame("Héllo", 2, "\"😀\" + '\uD83D'", path: "C:\\src\\Ünï.cs", type: "N\uDC00")], exception: Exception("Fake\nException", "\n\"fake\" #9 tid=1 running\u001b[31m\ud800", Exception("\u202e", "---> X"))),
            Thread(3, "minified", Running, [Frame("M", 3, new string('x', 300))]),
        ],
        [new RuntimeThread(new OsThreadId(9), "\u001b]0;title\u0007", Unknown, TimeSpan.Zero)],
        ["A note\nof two lines."],
        Process("My\nApp\u2028"));

    private static ThreadDump Generics() => Dump(
        Thread(1, null, Running,
            [
                Frame("Select", 4, "yield return f(x);", "IEnumerable`1 items, Func`2 f", "MyApp.Seq`1", "TResult", typeArguments: ["System.__Canon", "System.Int32"]),
                Frame(".ctor", 5, "items = new();", "Int32 n", "MyApp.Box`1.Inner"),
                Frame("operator +", 6, "a + b", "Money a, Money b", "MyApp.Money"),
                Frame("Run.Local", 7, "Local();", typeParameters: "T,U"),
                Frame("<Main>$", 8, "Run();", "String[] args", type: "Program"),
            ], main: true));

    private static DumpFrame[] Repeat(int times, params DumpFrame[] frames) => [.. Enumerable.Range(0, times).SelectMany(_ => frames)];
}
