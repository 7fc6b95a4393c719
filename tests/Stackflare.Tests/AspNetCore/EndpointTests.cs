using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Stackflare.AspNetCore;
using Stackflare.Tests.Capture;
using Stackflare.Tests.Http;
using Stackflare.Tests.Outputs;

namespace Stackflare.Tests.AspNetCore;

/// <summary>What the endpoint answers, and the listener that the options open.</summary>
public sealed class EndpointTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task ADumpOfThisProcessIsTheAnswer()
    {
        await using WebService service = await StartAsync();
        using HttpResponseMessage text = await service.GetAsync("/dump");
        Assert.Equal((HttpStatusCode.OK, "text/plain; charset=utf-8"), (text.StatusCode, text.Content.Headers.ContentType?.ToString()));
        Assert.True(text.Headers.CacheControl?.NoStore);
        Assert.Equal("nosniff", Assert.Single(text.Headers.GetValues("X-Content-Type-Options")));
        string body = await text.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("Thread dump of ", body, StringComparison.Ordinal);
        Assert.NotNull(text.Content.Headers.ContentLength);

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/dump?count=2&interval=0.1", UriKind.Relative));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using HttpResponseMessage json = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("application/json", json.Content.Headers.ContentType?.ToString());
        body = await json.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, body.Split("\"$schema\"").Length - 1);
    }

    [Theory]
    [InlineData("GET", "?x=1", 400)]
    [InlineData("HEAD", "?x=1", 400)]
    [InlineData("HEAD", "?format=json", 200)]
    [InlineData("POST", "", 405)]
    [InlineData("DELETE", "", 405)]
    public async Task OtherRequestsTakeNoDump(string method, string query, int status)
    {
        await using WebService service = await StartAsync();
        // A dump would wait for this one.
        using var held = new HeldQueue();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri("/dump" + query, UriKind.Relative));
        using HttpResponseMessage answer = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(method == "GET", (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Length > 0);
        if (status == 200)
            Assert.Equal("application/json", answer.Content.Headers.ContentType?.ToString());
        if (status != 405)
            Assert.True(answer.Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task TooManyAtOnceAreToldWhenToTryAgain()
    {
        await using WebService service = await StartAsync();
        List<Task<HttpResponseMessage>> requests;
        using (new HeldQueue())
        {
            requests = [.. Enumerable.Range(0, 12).Select(_ => service.GetAsync("/dump"))];
            for (int i = 0; i < 4; i++)
            {
                Task<HttpResponseMessage> refused = await Task.WhenAny(requests);
                using HttpResponseMessage answer = await refused;
                Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)), (answer.StatusCode, answer.Headers.RetryAfter?.Delta));
                requests.Remove(refused);
            }
        }
        foreach (HttpResponseMessage answer in await Task.WhenAll(requests))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            answer.Dispose();
        }
    }

    [Fact]
    public async Task OneSeriesIsTakenAtATimeAndEndsWithItsClient()
    {
        await using WebService service = await StartAsync();
        using var client = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using (new HeldQueue())
        {
            List<Task<HttpResponseMessage>> requests = [.. Enumerable.Range(0, 3).Select(_ => service.RequestAsync("/dump?count=2&interval=30", client.Token))];
            for (int i = 0; i < 2; i++)
            {
                Task<HttpResponseMessage> refused = await Task.WhenAny(requests);
                using HttpResponseMessage answer = await refused;
                Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
                Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
                requests.Remove(refused);
            }
            await client.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => requests[0]);
        }
        HttpStatusCode last = HttpStatusCode.TooManyRequests;
        for (long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds; last == HttpStatusCode.TooManyRequests && Environment.TickCount64 < end;)
        {
            using HttpResponseMessage answer = await service.GetAsync("/dump?count=2&interval=0.1");
            last = answer.StatusCode;
        }
        Assert.Equal(HttpStatusCode.OK, last);
    }

    /// <summary>The client gets the kind of the error only: its text can name paths and settings.</summary>
    [Fact]
    public async Task AFailureIsLoggedAndItsTextStaysHere()
    {
        await using WebService service = await StartAsync(o => o.Capture = new CaptureOptions { Limits = new DumpLimits { Timeout = TimeSpan.FromMilliseconds(10) } });
        using var held = new HeldQueue();
        using HttpResponseMessage answer = await service.GetAsync("/dump");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("No thread dump could be taken: Timeout.\n", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains(service.Log, l => l.StartsWith("Warning: ", StringComparison.Ordinal) && l.Contains("another dump", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheListenerIsThereWhileTheServiceRuns()
    {
        using var directory = new TemporaryDirectory();
        string address = $"unix:{directory["s"]}";
        await using WebService service = await StartAsync(o => o.Listen = address);
        Assert.Contains(service.Log, l => l.StartsWith($"Information: Stackflare listens at {address}:", StringComparison.Ordinal));
        Assert.Equal(200, HttpExchange.Get(address).Status);
        await service.StopAsync();
        Assert.False(File.Exists(directory["s"]));
    }

    [Fact]
    public async Task WithoutItsListenerTheServiceStartsAndSaysWhy()
    {
        await using WebService service = await StartAsync(o => o.Listen = "http://0.0.0.0:80");
        Assert.Contains(service.Log, l => l.StartsWith("Error: Stackflare does not listen. ", StringComparison.Ordinal) && l.Contains("http://0.0.0.0:80", StringComparison.Ordinal));
        using HttpResponseMessage answer = await service.GetAsync("/dump");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static Task<WebService> StartAsync(Action<StackflareOptions>? configure = null) =>
        WebService.StartAsync(static a => a.MapStackflare("/dump").AllowAnonymous(), configure: configure);
}
