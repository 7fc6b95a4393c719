using System.Net;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Async;

/// <summary>Which requests a web application with its usual logging serves.</summary>
public sealed class RequestTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async)]
    public async Task RequestsHaveTheirAgeAndTraceAndNoQuery(string flavour)
    {
        await using var server = await WebServer.StartAsync(Flavour.Named(flavour));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        end.CancelAfter(Deadline.Usual);
        // One connection each, which has served another request before.
        using HttpClient waits = await ConnectAsync(), blocks = await ConnectAsync(), idle = await ConnectAsync();
        waits.DefaultRequestHeaders.Add("traceparent", $"00-{Trace}-00f067aa0ba902b7-01");

        var clock = System.Diagnostics.Stopwatch.StartNew();
        Task first = waits.GetAsync("slow-async?seconds=600&token=secret", end.Token);
        using var dumps = new LiveDumps(server.Pid, () => server.Output.Text, new CaptureOptions { AsyncStacks = AsyncStackMode.Always });
        await dumps.UntilAsync("the first request", d => d.Requests is [{ AsyncStack.WaitingFor.Kind: AsyncWaitKind.Delay }]);
        Task second = blocks.GetAsync("slow?seconds=600&token=secret", end.Token);
        ThreadDump dump = await dumps.UntilAsync("the second request", d => d.Requests is [_, { Thread.Activity: ThreadActivity.Sleeping }]);

        Assert.Equal(["GET /slow-async", "GET /slow"], dump.Requests.Select(r => $"{r.Method} {r.Path}"));
        Assert.Equal(Trace, dump.Requests[0].TraceId);
        Assert.Matches("^[0-9a-f]{32}$", dump.Requests[1].TraceId);
        Assert.NotEqual(Trace, dump.Requests[1].TraceId);
        Assert.All(dump.Requests, r => Assert.InRange(r.Age!.Value, TimeSpan.Zero, clock.Elapsed));
        Assert.Contains(dump.Requests[0].AsyncStack!.Frames, f => f.Method.FullName == "WebApp.Reports.ReportDatabase.CountOrdersAsync");
        Assert.Contains(dump.Requests[1].Thread!.Frames, f => f.Method.FullName == "WebApp.Reports.ReportDatabase.CountOrders");

        string text = (await Tool.RunWholeAsync($"{server.Pid}", "--async")).Output;
        Assert.Contains("2 requests in flight, the oldest first:\n- GET /slow-async for ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(first, second));

        async Task<HttpClient> ConnectAsync()
        {
            var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { BaseAddress = server.Address, Timeout = Timeout.InfiniteTimeSpan };
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("", end.Token)).StatusCode);
            return client;
        }
    }

    /// <summary>Work that a request has left behind has its context, which the connection uses for the next request.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async)]
    public async Task WhatOnlyKeepsTheContextOfARequestDoesNotServeIt(string flavour)
    {
        await using var server = await WebServer.StartAsync(Flavour.Named(flavour), Path.Combine(TestPaths.TargetOutput("HangingApi", "net10.0"), "HangingApi"));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        end.CancelAfter(Deadline.Usual);
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }) { BaseAddress = server.Address, Timeout = Timeout.InfiniteTimeSpan };
        Assert.Equal("left\n", await client.GetStringAsync("leave", end.Token));
        using var dumps = new LiveDumps(server.Pid, () => server.Output.Text, new CaptureOptions { AsyncStacks = AsyncStackMode.Always });
        await dumps.UntilAsync("the end of the first request", d => d.Requests.Count == 0 && d.AsyncStacks.Count(Watches) == 1);

        Task<string> request = client.GetStringAsync("audited/1", end.Token);
        ThreadDump dump = await dumps.UntilAsync("the second request", d => d.Requests is [{ AsyncStack: not null }] && d.AsyncStacks.Count(Watches) == 2);
        RequestInFlight only = Assert.Single(dump.Requests);
        Assert.Equal("/audited/1", only.Path);
        Assert.False(only.IsUpgraded);
        Assert.Equal(AsyncWaitKind.SemaphoreSlim, only.AsyncStack!.WaitingFor.Kind);
        Assert.Contains(only.AsyncStack.Frames, f => f.Method.FullName == "HangingApi.Audits.PayAsync");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);

        static bool Watches(AsyncStack stack) => stack.Frames[^1].Method.FullName == "HangingApi.Audits.WatchAsync";
    }

    /// <summary>The server keeps the objects of a stream or of a connection for the next request; not every factory resets the contexts that it made.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async, "http2")]
    [InFlavours(Spread.Newest, LooksAt.Async, "factory")]
    [InFlavours(Spread.Newest, LooksAt.Async, "http2 factory")]
    public async Task ARequestThatHasEndedIsNotInFlight(string flavour, string options)
    {
        await using var server = await WebServer.StartAsync(Flavour.Named(flavour), Path.Combine(TestPaths.TargetOutput("HangingApi", "net10.0"), "HangingApi"), options.Split(' '));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        end.CancelAfter(Deadline.Usual);
        using var client = new HttpClient
        {
            BaseAddress = server.Address,
            DefaultRequestVersion = options.Contains("http2", StringComparison.Ordinal) ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        for (int i = 0; i < 20; i++)
            await client.GetStringAsync("backend", end.Token);
        using var dumps = new LiveDumps(server.Pid, () => server.Output.Text, new CaptureOptions { AsyncStacks = AsyncStackMode.Always });
        await dumps.UntilAsync("the end of the requests", d => d.HasAsyncStacks && d.Requests.Count == 0);

        Task<string> request = client.GetStringAsync("pay/1?token=secret", end.Token);
        ThreadDump dump = await dumps.UntilAsync("the request", d => d.Requests is [{ AsyncStack.WaitingFor.Kind: AsyncWaitKind.SemaphoreSlim }]);
        Assert.Equal("GET /pay/1", $"{dump.Requests[0].Method} {dump.Requests[0].Path}");
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }
}
