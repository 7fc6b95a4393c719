using System.Text;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Triggers;

/// <summary>Programs that were told to end and do not: the dump has the line of what keeps them, by environment variables alone or by a line in the program.</summary>
public sealed class SlowShutdownTests
{
    private static readonly string Program = Path.Combine(TestPaths.TargetOutput("OrderApi", "net10.0"), "OrderApi");
    private static readonly string Stops = Path.Combine(TestPaths.RepositoryRoot, "tests", "Targets", "OrderApi", "Stops.cs");
    private static readonly string Watched = Path.Combine(TestPaths.RepositoryRoot, "tests", "Targets", "Shapes", "Watched.cs");

    /// <summary>A service's StopAsync, one that ignores its token, and an exit handler, when the runtime attaches nothing more.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "service", "The host stops and waits for OrderApi.Stops.Exporter.StopAsync")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "token", "The host stops and waits for OrderApi.Stops.Poller.ExecuteAsync")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "blocked", "The host stops and waits for OrderApi.Stops.Blocker.StopAsync")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "stopping", "The host stops and waits for OrderApi.Stops.Unregister")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "request", "The host stops and waits for the requests of the web server")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "exit", "The process exits and waits for OrderApi.Stops.Add.lambda")]
    public async Task AHostThatDoesNotEnd(string flavour, string what, string finding)
    {
        string text = "";
        string[] lines = [];
        int found = 0;
        // On a busy machine, the host may not have come there when the dump is due: once more, with more time.
        for (int limit = 1000; limit <= 16_000; limit *= 4)
        {
            text = await DumpOfAsync(flavour, what, limit);
            lines = text.Split('\n');
            found = Array.IndexOf(lines, "Diagnosis:") + 1;
            if (lines[found] == $"- {finding}")
                break;
        }
        Assert.StartsWith("stackflare: thread dumps go to standard error on SIGUSR1 and after a starved thread pool, a slow shutdown\n", text, StringComparison.Ordinal);
        // The signal may come while the host tells that it has started.
        Assert.Matches(@": (SIGTERM came|the host began to stop) (800ms|3\.2s|12s) ago and the process still runs\n", text);
        Assert.True(lines[found] == $"- {finding}", text);
        Assert.Contains(lines[(found + 1)..(found + 3)], l => l.EndsWith($"{Stops}:line {SourceMarks.LineOf(Stops, what)}", StringComparison.Ordinal));
    }

    /// <summary>What the server says on standard error when it is to stop.</summary>
    /// <param name="flavour">What it runs on.</param>
    /// <param name="what">Why it does not stop.</param>
    /// <param name="limit">How long it may take, in milliseconds.</param>
    private static async Task<string> DumpOfAsync(string flavour, string what, int limit)
    {
        await using var server = await WebServer.StartAsync(
            Flavour.Named(flavour), Program,
            [("DOTNET_STARTUP_HOOKS", TestPaths.Library), ("STACKFLARE_WATCH", "shutdown,threadpool"), ("STACKFLARE_SHUTDOWN_TIMEOUT_MS", $"{limit}")],
            $"stop={what}");
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        // The watch learns of the start a moment after the program has said so.
        await client.GetStringAsync(server.Address, TestContext.Current.CancellationToken);
        if (what == "request")
        {
            _ = client.GetAsync(new Uri(server.Address, "wait"), TestContext.Current.CancellationToken);
            await server.Output.WaitAsync(bytes => Encoding.UTF8.GetString(bytes.Span).Contains("Waiting.", StringComparison.Ordinal) ? "" : null, "the request");
        }
        Kernel.Send(server.Pid, Kernel.Terminate);
        return await server.Errors.WaitAsync(
            bytes => Encoding.UTF8.GetString(bytes.Span) is var t && (t.Contains("Not shown:", StringComparison.Ordinal) || t.Contains("; no thread dump: ", StringComparison.Ordinal)) ? t : null,
            "a dump");
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task AHandlerThatDoesNotEnd(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Watched", Watch);
        await target.CommandAsync("on-stop stop");
        target.Signal(Kernel.Terminate);
        JsonDump dump = await target.NextDumpAsync();
        Assert.Equal("SIGTERM came 400ms ago and the process still runs", dump.Root.GetProperty("reason").GetProperty("text").GetString());
        Assert.Contains(dump.Threads, t => t.Frames.Any(f => f.SourcePath == Watched && f.Line == SourceMarks.LineOf(Watched, "stop")));
    }

    /// <summary>Nobody told of this exit before it began: there is no dump, but a line that says why.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task AnExitOfItsOwn(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Watched", Watch);
        await target.CommandAsync("leave");
        await target.Errors.WaitAsync(bytes => Encoding.UTF8.GetString(bytes.Span).EndsWith('\n') ? "" : null, "a line");
        Assert.StartsWith("stackflare: the process began to exit 400ms ago and the process still runs; no thread dump: ", target.Errors.Text, StringComparison.Ordinal);
        Assert.Contains("a handler of ProcessExit does not return", target.Errors.Text, StringComparison.Ordinal);
    }

    /// <summary>A host that ends in time: no dump, and the probe that waited for the exit does not keep it.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task AHostThatEnds(string flavour)
    {
        await using var server = await WebServer.StartAsync(
            Flavour.Named(flavour), Program, [("DOTNET_STARTUP_HOOKS", TestPaths.Library), ("STACKFLARE_WATCH", "shutdown")]);
        Kernel.Send(server.Pid, Kernel.Terminate);
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.Single(server.Errors.Text.Split('\n'), static l => l.Length > 0);
    }

    /// <summary>By default a program ends at once.</summary>
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task AProgramWithoutAHandlerEndsAsBefore(string flavour)
    {
        await using var plain = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        plain.Signal(Kernel.Terminate);
        int before = await plain.WaitForExitAsync();
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Watched", Watch with { Arguments = ["--watch", "shutdown", "--threshold", "60000"] });
        target.Signal(Kernel.Terminate);
        Assert.Equal(before, await target.WaitForExitAsync());
        await target.WaitForEndOfErrorsAsync();
        Assert.Empty(target.Errors.Text);
    }

    private static TargetOptions Watch { get; } = TargetOptions.NoTrap with { Arguments = ["--watch", "shutdown", "--threshold", "500"] };
}
