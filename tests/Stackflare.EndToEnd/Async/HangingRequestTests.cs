using System.Globalization;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Async;

/// <summary>A web server in which a thousand requests hang, in three places: that is what there is to see of it.</summary>
public sealed class HangingRequestTests
{
    private const int Prices = 400, Payments = 350, Reports = 250;

    /// <summary>The same program on two runtimes, and once with handlers that the runtime suspends itself, as it does the server on .NET 11.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async, "HangingApi")]
    [InFlavours("net11", LooksAt.Async, "HangingApi.RuntimeAsync")]
    public async Task AThousandRequestsAreThreeGroups(string flavour, string name)
    {
        string program = Path.Combine(TestPaths.TargetOutput(name, "net10.0"), "HangingApi");
        await using var server = await WebServer.StartAsync(Flavour.Named(flavour), program);
        await AssertHealthyIsShortAsync(server);
        using var clients = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Prices + Payments + Reports + 1 }) { BaseAddress = server.Address, Timeout = Timeout.InfiniteTimeSpan };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        end.CancelAfter(Deadline.Usual);
        Task[] requests = [.. Send("price", Prices), .. Send("pay", Payments), .. Send("report", Reports)];

        Dictionary<string, int> truth = [];
        while (truth.Values.Sum() < requests.Length)
            truth = Parse(await clients.GetStringAsync("truth", end.Token));
        Assert.Equal([Reports, Payments, Prices], truth.Values.Order());

        // What the program has not yet waited for when it says so, it waits for soon.
        using var dumps = new LiveDumps(server.Pid, () => server.Output.Text, new CaptureOptions { AsyncStacks = AsyncStackMode.Always });
        ThreadDump dump = await dumps.UntilAsync("all requests to hang", d => d.AsyncStacks.Count(Hangs) == requests.Length && d.AsyncStacks.Count(IsOfProgram) == requests.Length);
        Assert.True(dump.HasAsyncStacks);
        Flavour.Named(flavour).AssertNotes(dump.Notes);
        await AssertFirstScreenHasAllAsync(server);
        IGrouping<string, AsyncStack>[] groups = [.. dump.AsyncStacks.Where(IsOfProgram).GroupBy(CallsOf)];
        Assert.Equal(
            truth.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => (t.Key, t.Value)),
            groups.Select(g => (g.Key, g.Count())).OrderBy(g => g.Key, StringComparer.Ordinal));

        AssertWaits("HangingApi.Prices.FindAsync", AsyncWaitKind.Socket, "Receive");
        AssertWaits("HangingApi.Checkout.PayAsync", AsyncWaitKind.SemaphoreSlim, null);
        AssertWaits("HangingApi.Reports.FetchAsync", AsyncWaitKind.Channel, "Read");
        string backend = await clients.GetStringAsync("backend", end.Token);
        Assert.All(groups.Single(g => g.Key.Contains("HangingApi.Prices.", StringComparison.Ordinal)), s => Assert.Equal(backend, s.WaitingFor.RemoteEnd));
        AssertRequests(dump);
        Assert.Single(dump.AsyncStacks.Where(s => s.WaitingFor.Kind == AsyncWaitKind.SemaphoreSlim && IsOfProgram(s)).Select(s => s.WaitingFor.Object).Distinct());
        DumpThread main = dump.Threads.Single(t => t.IsMain);
        if (Flavour.Named(flavour).Has(LooksAt.Locks))
            Assert.True(Assert.Single(dump.AsyncStacks, s => s.BlockedThreads.Contains(main)).IsOfPlatform);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(requests));

        IEnumerable<Task> Send(string what, int count) =>
            Enumerable.Range(0, count).Select(i => clients.GetStringAsync(string.Create(CultureInfo.InvariantCulture, $"{what}/{i}"), end.Token));

        void AssertWaits(string handler, AsyncWaitKind kind, string? operation)
        {
            IGrouping<string, AsyncStack> group = groups.Single(g => g.Key.Contains(handler, StringComparison.Ordinal));
            Assert.Equal([(kind, operation)], group.Select(s => (s.WaitingFor.Kind, s.WaitingFor.Operation)).Distinct());
            // What the handler is called by is the server; what it calls last is not the program's either.
            Assert.Equal(handler, group.First().Frames.Last(IsOfProgram).Method.FullName);
            Assert.All(group, s => Assert.StartsWith("Microsoft.AspNetCore.Server.Kestrel.", s.Frames[^1].Method.DeclaringType, StringComparison.Ordinal));
        }
    }

    /// <summary>Each request is served by the stack that waits for what its path asks for.</summary>
    private static void AssertRequests(ThreadDump dump)
    {
        (string Path, string Class)[] kinds = [("price", "Prices"), ("pay", "Checkout"), ("report", "Reports")];
        Assert.Equal(
            [.. Paths("price", Prices), .. Paths("pay", Payments), .. Paths("report", Reports)],
            dump.Requests.Select(r => $"{r.Method} {r.Path}").ToHashSet());
        Assert.Equal(Prices + Payments + Reports, dump.Requests.Count);
        Assert.All(dump.Requests, r => Assert.Contains(
            $"HangingApi.{kinds.Single(k => r.Path!.StartsWith($"/{k.Path}/", StringComparison.Ordinal)).Class}.", CallsOf(r.AsyncStack!), StringComparison.Ordinal));
        Assert.All(dump.Requests, r => Assert.Null(r.Thread));

        static IEnumerable<string> Paths(string what, int count) => Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"GET /{what}/{i}"));
    }

    /// <summary>A server that waits for requests has little to say, once its start is over.</summary>
    private static async Task AssertHealthyIsShortAsync(WebServer server)
    {
        const int most = 30;
        string text = "";
        var deadline = Deadline.In();
        do
            text = (await Tool.RunWholeAsync($"{server.Pid}")).Output;
        while (Lines(text) > most && deadline.Left > TimeSpan.Zero);
        Assert.True(Lines(text) <= most, text);
        Assert.Contains("Program.Main(", text, StringComparison.Ordinal);
        Assert.Contains(" idle threads of the framework:\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("in flight", text, StringComparison.Ordinal);
    }

    /// <summary>A screen has 40 lines.</summary>
    private static async Task AssertFirstScreenHasAllAsync(WebServer server)
    {
        string text = (await Tool.RunWholeAsync($"{server.Pid}", "--async")).Output;
        string screen = string.Join('\n', text.Split('\n').Take(40));
        // The framework's own frames can put one place of the program into several groups.
        Assert.All(["Prices", "Checkout", "Reports"], file => Assert.Contains($"/{file}.cs:line ", screen, StringComparison.Ordinal));
        Assert.InRange(Lines(text), 1, 120);
    }

    private static int Lines(string text) => text.Split('\n').Length - 1;

    private static bool Hangs(AsyncStack stack) => IsOfProgram(stack) && stack.WaitingFor.Kind is (AsyncWaitKind.Socket or AsyncWaitKind.SemaphoreSlim or AsyncWaitKind.Channel);

    private static bool IsOfProgram(AsyncStack stack) => stack.Frames.Any(IsOfProgram);

    private static bool IsOfProgram(DumpFrame frame) => frame.Module is { IsOfPlatform: false };

    private static string CallsOf(AsyncStack stack) => string.Join(" < ", stack.Frames.Where(IsOfProgram).Select(f => $"{f.Method.FullName}:{f.Source?.Line}"));

    private static Dictionary<string, int> Parse(string lines) => lines.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' ', 2)).ToDictionary(words => words[1], words => int.Parse(words[0], CultureInfo.InvariantCulture));
}
