using Stackflare.Analysis;
using static Stackflare.Tests.Writers.Build;
using static Stackflare.ThreadActivity;
using Kind = Stackflare.AsyncWaitKind;

namespace Stackflare.Tests.Writers;

/// <summary>A series of dumps of one program, of which part runs and part does not.</summary>
internal static class SeriesDumps
{
    private const string File = "/src/Orders/Orders.cs";

    /// <summary>The last of three dumps, five seconds apart.</summary>
    public static ThreadDump Third() => Compared(Take(0), Take(1), Take(2));

    /// <summary>The last of several dumps, compared with those before.</summary>
    public static ThreadDump Compared(params ReadOnlySpan<ThreadDump> dumps)
    {
        var comparison = new DumpComparison();
        ThreadDump last = dumps[0];
        foreach (ThreadDump dump in dumps)
            last = comparison.Add(dump);
        return last;
    }

    public static AsyncStack Stack(ulong? identity, AsyncWait wait, params IReadOnlyList<DumpFrame> frames) => new() { Frames = frames, WaitingFor = wait, Identity = identity };

    /// <summary>Each dump has objects of its own, as in life.</summary>
    private static ThreadDump Take(int number)
    {
        DumpFrame enter = Platform("System.Threading.Monitor", "Enter", "Object obj"), sleep = Platform("System.Threading.Thread", "Sleep", "Int32 millisecondsTimeout");
        DumpFrame[] idle =
        [
            Platform("System.Threading.LowLevelLifoSemaphore", "WaitForSignal", "Int32 timeoutMs"),
            Platform("System.Threading.PortableThreadPool.WorkerThread", "WorkerThreadStart"),
        ];
        DumpFrame charge = Frame("Charge", 88, "lock (_ledger)", "Order order", "OrderService.Till", path: "/src/Orders/Till.cs");
        DumpThread[] threads =
        [
            Thread(1, null, Waiting, [Platform("System.Threading.ManualResetEventSlim", "Wait"), Frame("Main", 12, "host.Run();", "String[] args", "OrderService.Program")], main: true, background: false, cpu: 120),
            // Nine have not run. Three had the lock in between.
            .. Enumerable.Range(4, 12).Select(i => Thread(i, $"till {i}", Blocked, [enter, charge], cpu: 2 + (i > 12 ? number : 0))),
            Thread(20, "backup", Sleeping, [sleep, Frame("Run", 31, "Thread.Sleep(day);", "", "OrderService.Backup", path: "/src/Orders/Backup.cs")], cpu: 8),
            // Always at the same place, but not always there.
            Thread(21, "poller", Sleeping, [sleep, Frame("Poll", 17, "Thread.Sleep(10);", "", "OrderService.Poller", path: "/src/Orders/Poller.cs")], cpu: 40 + (number * 3)),
            Thread(22, "reports", Running, [Frame("Sum", 50, "total += row.Price;", "", "OrderService.Reports", path: "/src/Orders/Reports.cs")], cpu: 900 + (number * 5000)),
            Thread(23, ".NET TP Worker", Waiting, idle, pool: true, cpu: 5),
        ];
        DumpFrame rent = PlatformAsync("System.Data.Pooling.ConnectionPool", "RentAsync");
        DumpFrame load = Async("LoadAsync", 52, "await using var db = await pool.RentAsync(token);", "Int32 id", "OrderService.Orders", File);
        DumpFrame fetch = Async("FetchAsync", 77, "await stream.ReadAsync(buffer);", "Uri uri", "OrderService.Rates", "/src/Orders/Rates.cs");
        DumpFrame pause = Async("RefreshAsync", 21, "await Task.Delay(pause);", "", "OrderService.Rates", "/src/Orders/Rates.cs");
        DumpFrame all = Async("FetchAllAsync", 70, "await Task.WhenAll(uris.Select(FetchAsync));", "", "OrderService.Rates", "/src/Orders/Rates.cs");
        ulong now = (ulong)number * 1000;
        AsyncStack[] fetching = [.. Enumerable.Range(0, 5).Select(i => Stack(300 + (ulong)i + (i < 4 ? 0 : now), For(Kind.Socket, operation: "Receive"), fetch))];
        return Build.AsyncDump(
            threads,
            [
                .. Enumerable.Range(0, 80).Select(i => Stack(100 + (ulong)i, For(Kind.SemaphoreSlim, "System.Threading.SemaphoreSlim", 0x7ef679801000), rent, load)),
                .. Enumerable.Range(0, 2).Select(i => Stack(200 + (ulong)i + now, For(Kind.Delay, due: 0.5), pause)),
                Stack(290, For(Kind.WhenAll, done: 3, total: 8, unfinished: fetching), all),
                // The framework's own is always there.
                Stack(400, For(Kind.Socket, operation: "Accept"), PlatformAsync("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketConnectionListener", "AcceptAsync")),
            ]) with
        { CapturedAt = new DateTimeOffset(2026, 11, 22, 17, 35, 5 * number, 123, TimeSpan.Zero), Process = ProcessAt(number) };
    }

    private static DumpedProcess ProcessAt(int number)
    {
        DumpedProcess process = Build.Process("OrderService");
        return new DumpedProcess
        {
            Id = process.Id,
            Name = process.Name,
            RuntimeVersion = process.RuntimeVersion,
            Platform = process.Platform,
            Uptime = process.Uptime + TimeSpan.FromSeconds(5 * number),
        };
    }
}
