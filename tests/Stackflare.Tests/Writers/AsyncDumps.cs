using static Stackflare.Tests.Writers.Build;
using static Stackflare.ThreadActivity;
using Kind = Stackflare.AsyncWaitKind;

namespace Stackflare.Tests.Writers;

/// <summary>Dumps with async methods that wait, for the golden files.</summary>
internal static class AsyncDumps
{
    private const string OrdersFile = "/src/Orders/Orders.cs", JobsFile = "/src/Orders/Jobs.cs";

    private static readonly DumpFrame Rent = PlatformAsync("System.Data.Pooling.ConnectionPool", "RentAsync", "CancellationToken token");
    private static readonly DumpFrame Load = Async("LoadAsync", 52, "await using var db = await pool.RentAsync(token);", "Int32 id", "OrderService.Orders", OrdersFile);
    private static readonly DumpFrame Handle = Async("HandleAsync", 31, "var order = await LoadAsync(id);", "HttpContext context", "OrderService.Orders", OrdersFile);
    private static readonly DumpFrame Accept = PlatformAsync("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketConnectionListener", "AcceptAsync");
    private static readonly DumpFrame Loop = PlatformAsync("Microsoft.AspNetCore.Server.Kestrel.Core.Internal.ConnectionDispatcher", "AcceptConnectionsAsync");
    private static readonly DumpFrame Beat = PlatformAsync("Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Infrastructure.Heartbeat", "RunAsync");

    private static readonly DumpFrame[] IdleWorker =
    [
        Platform("System.Threading.LowLevelLifoSemaphore", "WaitForSignal", "Int32 timeoutMs"),
        Platform("System.Threading.PortableThreadPool.WorkerThread", "WorkerThreadStart"),
    ];

    /// <summary>A thousand requests in one queue, and beside them one of nearly everything.</summary>
    public static ThreadDump HungServer()
    {
        DumpThread main = Thread(1, null, Waiting,
            [
                Platform("System.Threading.ManualResetEventSlim", "Wait", "Int32 millisecondsTimeout, CancellationToken cancellationToken"),
                Platform("System.Threading.Tasks.Task", "InternalWaitCore", "Int32 millisecondsTimeout, CancellationToken cancellationToken"),
                Frame("Main", 12, "RunAsync().Wait();", "String[] args", "OrderService.Program"),
            ], main: true, background: false, cpu: 120);
        DumpFrame render = Frame("Render", 77, "foreach (var row in rows)", "Report report", "OrderService.Jobs", path: JobsFile);
        DumpFrame build = Frame("BuildAsync", 61, "Render(report);", "DateOnly day", "OrderService.Jobs", path: JobsFile);
        DumpThread[] reports = [.. Enumerable.Range(7, 2).Select(i => Thread(i, ".NET TP Worker", Running, [render, build], pool: true, cpu: 2300))];
        DumpFrame send = Async("SendAsync", 48, "await BuildAsync(today);", "", "OrderService.Jobs", JobsFile);
        DumpFrame quiet = Async("Quiet", 1, null, hidden: true);
        foreach (DumpThread report in reports)
            report.AsyncCallers = [send, quiet];
        DumpThread alone = Thread(9, ".NET TP Worker", Running, [render, build], pool: true, cpu: 40);

        DumpFrame run = Async("RunAsync", 20, "await stopped.Task;", "", "OrderService.Program");
        AsyncStack running = Stack(For(Kind.TaskCompletionSource, "System.Threading.Tasks.Task`1[System.String]", 0x7ef67980a000), run);
        running.BlockedThreads = [main];
        DumpFrame write = Async("WriteAsync", 15, "await gate.WaitAsync(limit);", type: "OrderService.Log");
        DumpFrame retry = Async("RetryAsync", 90, "await Task.Delay(pause);", "Int32 attempt", "OrderService.Jobs", JobsFile);
        DumpFrame visit = Async("VisitAsync", 99, "await VisitAsync(node.Next);", "Node node", "OrderService.Jobs", JobsFile);

        return AsyncDump(
            [main, .. reports, alone, Thread(10, ".NET TP Worker", Waiting, IdleWorker, pool: true)],
            [
                .. Enumerable.Repeat(0, 1000).Select(_ => Stack(For(Kind.SemaphoreSlim, "System.Threading.SemaphoreSlim", 0x7ef679801000), Rent, Load, Handle)),
                .. Enumerable.Range(1, 2).Select(i => Stack(For(Kind.Delay, due: i == 1 ? 1.2 : 59), retry)),
                .. Enumerable.Range(1, 3).Select(i => Stack(For(Kind.SemaphoreSlim, "System.Threading.SemaphoreSlim", (ulong)(0x7ef679802000 + (i * 64)), due: i - 2), write)),
                running,
                Stack(For(Kind.Socket, "System.Net.Sockets.Socket", 0x7ef679803000, "Receive"), PlatformAsync("System.Net.Http.HttpConnection", "SendAsync"), Async("AskAsync", 33, "await client.GetAsync(uri);", "Uri uri", "OrderService.Rates")),
                Stack(For(Kind.Channel, "System.Threading.Channels.UnboundedChannel`1[System.Int32]", 0x7ef679804000, "Read"), Async("PumpAsync", 71, "await foreach (int id in queue.Reader.ReadAllAsync())", type: "OrderService.Jobs", path: JobsFile)),
                Stack(For(Kind.Ready), Async("OnDoneAsync", 81, "await done;", type: "OrderService.Jobs", path: JobsFile)),
                Stack(For(Kind.Cycle), Async("OneAsync", 5, "await other;", type: "OrderService.Lazy"), Async("OtherAsync", 9, "await one;", type: "OrderService.Lazy")),
                new AsyncStack { Frames = [.. Enumerable.Repeat(visit, 20)], WaitingFor = For(Kind.Delay, due: -0.25), IsTruncated = true },
                .. Enumerable.Repeat(0, 12).Select(_ => Stack(For(Kind.Socket, operation: "Accept"), Accept, Loop)),
                Stack(For(Kind.Timer, due: 0.8), Beat),
            ]);
    }

    /// <summary>Requests that a server serves in all ways that there are, and connections to several ends.</summary>
    public static ThreadDump Requests()
    {
        DumpThread blocked = Thread(7, ".NET TP Worker", Sleeping, [Platform("System.Threading.Thread", "Sleep", "Int32 millisecondsTimeout"), Frame("Count", 11, "Thread.Sleep(time);", "", "OrderService.Orders", path: OrdersFile)], pool: true);
        AsyncStack[] stacks = [.. Enumerable.Range(0, 12).Select(i => Stack(For(Kind.Socket, operation: "Receive", remote: i < 7 ? "10.0.0.5:5432" : i < 11 ? $"10.0.0.{i}:5432" : null), Load, Handle))];
        AsyncStack connecting = Stack(For(Kind.Socket, operation: "Connect", remote: "rates.internal:443"), Async("AskAsync", 33, "await client.GetAsync(uri);", "Uri uri", "OrderService.Rates"));
        AsyncStack ready = Stack(For(Kind.Ready), PlatformAsync("Microsoft.AspNetCore.Routing.Matching", "AwaitMatcher"));
        return AsyncDump([blocked], [.. stacks, connecting, ready]) with
        {
            Requests =
            [
                new RequestInFlight { Method = "GET", Path = "/orders/17", Age = TimeSpan.FromSeconds(131), TraceId = "4bf92f3577b34da6a3ce929d0e0e4736", AsyncStack = stacks[0] },
                new RequestInFlight { Method = "POST", Path = "/count", Age = TimeSpan.FromSeconds(4.26), TraceId = "0af7651916cd43dd8448eb211c80319c", Thread = blocked },
                new RequestInFlight { Method = "GET", Path = "/evil\n\"fake\" #9\u001b[31m\u202e", Age = TimeSpan.FromMilliseconds(7), AsyncStack = stacks[1] },
                new RequestInFlight { Method = "GET", Path = "/", Age = TimeSpan.FromMilliseconds(2), AsyncStack = ready },
                new RequestInFlight { Path = "/rates", AsyncStack = connecting },
                new RequestInFlight { Method = "GET", AsyncStack = stacks[2] },
                new RequestInFlight(),
                new RequestInFlight { Method = "GET", Path = "/hub", Age = TimeSpan.FromHours(3), IsUpgraded = true },
            ],
        };
    }

    /// <summary>Tasks within tasks, and what is behind those that have not completed.</summary>
    public static ThreadDump Tree()
    {
        DumpThread worker = Thread(7, "worker", Running, [Frame("Compute", 41, "sum += i;")]);
        DumpFrame fetch = Async("FetchAsync", 21, "await socket.ReceiveAsync(buffer);", "Uri uri");
        DumpFrame race = Async("RaceAsync", 30, "await Task.WhenAny(FetchAsync(first), FetchAsync(second), Task.Delay(limit));");
        AsyncStack fetching = Stack(For(Kind.Socket, operation: "Receive"), fetch), limit = Stack(For(Kind.Delay, due: 29.5));
        AsyncStack racing = Stack(For(Kind.WhenAny, done: 0, total: 3, unfinished: [fetching, fetching, limit]), race);
        AsyncStack computing = Stack(new AsyncWait { Kind = Kind.Running, Thread = worker }, Async("ComputeAsync", 40, "Compute();"));
        DumpFrame all = Async("AllAsync", 10, "await Task.WhenAll(tasks);"), many = Async("ManyAsync", 15, "await Task.WhenAll(tasks);");
        return AsyncDump(
            [worker],
            [
                Stack(For(Kind.WhenAll, done: 1, total: 3, unfinished: [racing, limit]), all),
                Stack(For(Kind.WhenAll, done: 0, total: 100, unfinished: [computing, Stack(For(Kind.Ready), fetch), Stack(For(Kind.Work, "System.Threading.Tasks.Task`1[System.Int32]", 0x7ef679805000))]), many, all),
                .. Enumerable.Range(1, 2).Select(i => Stack(For(Kind.WhenAny, done: 0, total: 2, unfinished: [fetching, Stack(For(Kind.Delay, due: i * 10))]), race, many)),
            ]);
    }

    /// <summary>Reports that wait for hundreds of tasks each, which wait for many things.</summary>
    public static ThreadDump Many()
    {
        DumpThread[] workers = [.. Enumerable.Range(7, 16).Select(i => Thread(i, ".NET TP Worker", Running, [Frame("Compute", 41, "sum += i;")], pool: true))];
        DumpFrame report = Async("ReportAsync", 10, "await Task.WhenAll(parts);"), fetch = Async("FetchAsync", 21, "await socket.ReceiveAsync(buffer);", "Uri uri"), compute = Async("ComputeAsync", 40, "Compute();");
        AsyncStack[] Parts(int fetching) =>
        [
            .. Enumerable.Repeat(0, fetching).Select(_ => Stack(For(Kind.Socket, operation: "Receive"), fetch)),
            .. Enumerable.Range(0, 90).Select(i => Stack(For(Kind.Delay, due: i))),
            .. Enumerable.Range(0, 30).Select(i => Stack(For(Kind.TaskCompletionSource, "System.Threading.Tasks.Task", (ulong)(0x7ef679805000 + (i * 64))))),
            .. workers.Select(w => Stack(new AsyncWait { Kind = Kind.Running, Thread = w }, compute)),
            .. Enumerable.Range(0, 14).SelectMany(i => Enumerable.Repeat(Stack(For(i % 3 == 0 ? Kind.Channel : Kind.Stream, operation: "Read"), Async($"Part{i}Async", 100 + i, "await reader.ReadAsync();")), 14 - i)),
            Stack(For(Kind.WhenAll, done: 1, total: 3, unfinished: [Stack(For(Kind.Ready), fetch), Stack(For(Kind.Delay, due: 3))]), Async("BothAsync", 60, "await Task.WhenAll(one, other, third);")),
        ];
        AsyncWait All(int done, AsyncStack[] parts) => For(Kind.WhenAll, done: done, total: 500, unfinished: parts);
        DumpFrame old = Async("OldAsync", 15, "await Task.WhenAll(tasks);");
        return AsyncDump(
            workers,
            [
                .. Enumerable.Range(0, 3).Select(i => 200 - (i * 20)).Select(fetching => Stack(All(500 - Parts(fetching).Length - 2, Parts(fetching)), report)),
                // Without the number of all tasks.
                .. Enumerable.Range(0, 2).Select(i => 1 + (i * 2)).Select(pending => Stack(new AsyncWait { Kind = Kind.WhenAll, Pending = pending, Unfinished = [Stack(For(Kind.Delay, due: pending))] }, old)),
                Stack(new AsyncWait { Kind = Kind.WhenAll, Pending = 2, Unfinished = [Stack(For(Kind.Delay, due: 1))] }, Async("TwoAsync", 16, "await Task.WhenAll(tasks);")),
            ]);
    }

    /// <summary>A server that has nothing to do.</summary>
    public static ThreadDump Idle() => AsyncDump(
        [Thread(10, ".NET TP Worker", Waiting, IdleWorker, pool: true)],
        Stack(For(Kind.Socket, operation: "Accept"), Accept, Loop),
        Stack(For(Kind.Timer, due: 0.8), Beat));

    public static ThreadDump Hostile()
    {
        DumpThread thread = Thread(1, "a\"\n\"fake\" #9 tid=1 running", Waiting, [Frame("Wait", 1, null)], main: true);
        AsyncStack blocking = Stack(For(Kind.Other, "Evil\n   at Fake()\u202e \"x\" #1", 1, operation: "Re\u001b[2Jad"), Async("A\u001b[31m", 2, "\u202e at Fake() in /x:line 1", path: "/src/\n.cs"));
        blocking.BlockedThreads = [thread];
        AsyncStack inner = Stack(For(Kind.Other, "Inner\u2028; 7"), Async("Evil\n   at Fake()", 3, "at Fake() in /x:line 3\n\"fake\" #9"));
        return AsyncDump(
            [thread],
            blocking,
            Stack(For(Kind.WhenAll, done: 5, total: 3, unfinished: [inner]), Async("Outer;\n", 4, null)),
            Stack(For(Kind.Stream, "System.IO.Pipe\0", operation: "Read\n"), PlatformAsync("Microsoft.Evil\r", "M\u001b]0;t\u0007")),
            Stack(For(Kind.TaskCompletionSource, "System.Threading.Tasks.Task`1[\n]", due: -1e9), Async("N\ud800", 5, null)),
            Stack(For(Kind.Unknown, "?\u009b"), PlatformAsync("", "\n")));
    }
}
