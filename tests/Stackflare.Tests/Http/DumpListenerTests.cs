using Stackflare.Http;
using Stackflare.Tests.Outputs;
using Stackflare.Tests.Writers;
using Stackflare.Writers;

namespace Stackflare.Tests.Http;

/// <summary>The listener with dumps that are made up: what it answers to whom, and what it endures.</summary>
public sealed class DumpListenerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string> Kinds => ["unix", "port"];

    [Theory, MemberData(nameof(Kinds))]
    public void ADumpIsTheAnswer(string kind)
    {
        using DumpListener listener = Listen(kind);
        HttpAnswer answer = HttpExchange.Get(listener);
        Assert.Equal((200, "text/plain; charset=utf-8"), (answer.Status, answer.Headers["Content-Type"]));
        Assert.Equal(Served(DumpFormat.Text), answer.Body);
    }

    [Fact]
    public void EachFormatHasItsBodyAndMediaType()
    {
        using DumpListener listener = Listen("unix");
        foreach (FormatRow row in DumpFormats.All.Where(r => r.Format is not DumpFormat.Text))
        {
            HttpAnswer answer = HttpExchange.Get(listener, $"/?format={row.Name}");
            Assert.Equal((200, row.ContentType), (answer.Status, answer.Headers["Content-Type"]));
            Assert.Equal(Served(row.Format), answer.Body);
        }
        Assert.Equal("application/json", HttpExchange.Get(listener, headers: "Host: a\r\nAccept: application/json\r\n").Headers["Content-Type"]);
    }

    [Fact]
    public void ParametersReachTheCaptureAndTheDump()
    {
        var seen = new List<CaptureOptions>();
        using DumpListener listener = Listen("unix", options =>
        {
            seen.Add(options);
            return SampleDumps.Get("ordinary");
        });
        string body = HttpExchange.Get(listener, "/?async=never&threads=worker&all=1").Body;
        Assert.Equal(AsyncStackMode.Never, Assert.Single(seen).AsyncStacks);
        Assert.Contains("\"worker\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("\"Main\"", body, StringComparison.Ordinal);
        Assert.Contains("StartCallback", body, StringComparison.Ordinal);
    }

    [Fact]
    public void ASeriesIsOneAnswerAndSaysWhatHasNotMoved()
    {
        int taken = 0;
        using DumpListener listener = Listen("unix", _ => SampleDumps.Get("ordinary") with { CapturedAt = DateTimeOffset.UnixEpoch.AddSeconds(++taken) });
        string body = HttpExchange.Get(listener, "/?count=3&interval=0.1").Body;
        Assert.Equal(3, taken);
        Assert.Equal(3, body.Split("Thread dump of ").Length - 1);
        Assert.Contains("Unchanged in all 3 dumps", body, StringComparison.Ordinal);
    }

    [Fact]
    public void BetweenTheDumpsOfASeriesOthersAreServed()
    {
        int taken = 0;
        using DumpListener listener = Listen("unix", _ =>
        {
            Interlocked.Increment(ref taken);
            return SampleDumps.Get("ordinary");
        });
        using var series = new HttpExchange(listener);
        series.Send("GET /?count=2&interval=30 HTTP/1.0\r\n\r\n");
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref taken) == 1, Patience));
        HttpAnswer refused = HttpExchange.Get(listener, "/?count=2&interval=0.1");
        Assert.Equal(429, refused.Status);
        Assert.InRange(int.Parse(refused.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture), 1, 30);
        Assert.Equal(200, HttpExchange.Get(listener).Status);
        // It ends with its client.
        series.Dispose();
        Assert.True(SpinWait.SpinUntil(() => HttpExchange.Get(listener, "/?count=2&interval=0.1").Status == 200, Patience));
    }

    [Fact]
    public void RequestsThatWaitShareTheNextDumpAndTooManyDifferentOnesAreRefused()
    {
        int taken = 0;
        using ManualResetEventSlim begun = new(), mayEnd = new();
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using DumpListener listener = Listen("unix", _ =>
        {
            Interlocked.Increment(ref taken);
            begun.Set();
            mayEnd.Wait(Patience, cancellation);
            return SampleDumps.Get("ordinary");
        });
        using var first = new HttpExchange(listener);
        first.Send("GET / HTTP/1.0\r\n\r\n");
        Assert.True(begun.Wait(Patience, cancellation));

        HttpExchange[] same = [.. Enumerable.Range(0, 20).Select(_ => new HttpExchange(listener))];
        for (int i = 0; i < same.Length; i++)
            same[i].Send($"GET /?format={(i % 2 == 0 ? "text" : "json")} HTTP/1.0\r\n\r\n");
        mayEnd.Set();
        Assert.Equal(200, first.Answer().Status);
        Assert.All(same, s => Assert.Equal(200, s.Answer().Status));
        // One for the first, and one or two for the others: some may not have been accepted when the second one began.
        Assert.InRange(taken, 2, 4);
        foreach (HttpExchange exchange in same)
            exchange.Dispose();
    }

    [Theory]
    [InlineData("POST", "/", 405)]
    [InlineData("BREW", "/", 405)]
    [InlineData("GET", "/debug", 404)]
    [InlineData("GET", "/?x=1", 400)]
    [InlineData("GET", "/?count=99", 400)]
    [InlineData("HEAD", "/?count=99", 400)]
    public void WrongRequestsAreToldWhatIsWrong(string method, string target, int status)
    {
        using DumpListener listener = Listen("unix");
        HttpAnswer answer = HttpExchange.Get(listener, target, method: method);
        Assert.Equal(status, answer.Status);
        Assert.Equal(method == "HEAD", answer.Body.Length == 0);
        Assert.Equal(status == 405, answer.Headers.ContainsKey("Allow"));
    }

    [Fact]
    public void AHeadRequestPausesNothing()
    {
        int taken = 0;
        using DumpListener listener = Listen("unix", _ => { taken++; return SampleDumps.Get("ordinary"); });
        HttpAnswer answer = HttpExchange.Get(listener, "/?format=json", method: "HEAD");
        Assert.Equal((200, "application/json", "", 0), (answer.Status, answer.Headers["Content-Type"], answer.Body, taken));
    }

    [Fact]
    public void ABodyIsRefused()
    {
        using DumpListener listener = Listen("port");
        Assert.Equal(413, HttpExchange.Get(listener, headers: "Host: localhost\r\nContent-Length: 3\r\n").Status);
    }

    /// <summary>A client that goes on sending still gets the answer.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void AHeadThatDoesNotEndIsRefused(string kind)
    {
        using DumpListener listener = Listen(kind);
        using var exchange = new HttpExchange(listener);
        exchange.Send("GET / HTTP/1.1\r\nX: " + new string('x', 12 << 10));
        Assert.Equal(431, exchange.Answer().Status);
    }

    /// <summary>A page of another site must not read the dump, even if its name resolves to this machine.</summary>
    [Theory]
    [InlineData("Host: localhost:1\r\n", 200)]
    [InlineData("Host: 127.0.0.1\r\nSec-Fetch-Site: none\r\n", 200)]
    [InlineData("Host: [::1]:80\r\nOrigin: http://[::1]:80\r\n", 200)]
    [InlineData("Host: evil.example\r\n", 403)]
    [InlineData("Host: 127.0.0.1.evil.example\r\n", 403)]
    [InlineData("Host: localhost:1\r\nOrigin: http://localhost:2\r\n", 403)]
    [InlineData("Host: localhost\r\nOrigin: null\r\n", 403)]
    [InlineData("Host: localhost\r\nSec-Fetch-Site: cross-site\r\n", 403)]
    [InlineData("Host: localhost\r\nSec-Fetch-Site: same-site\r\n", 403)]
    public void APortIsForThisMachineOnly(string headers, int status)
    {
        using DumpListener listener = Listen("port");
        Assert.Equal(status, HttpExchange.Get(listener, headers: headers).Status);
    }

    /// <summary>Its text can have paths and settings of the process.</summary>
    [Fact]
    public void AFailedCaptureIsToldWithoutItsText()
    {
        using DumpListener known = Listen("unix", _ => throw new OutputException("The file '/secret' is missing.", "Look at SECRET=1."));
        HttpAnswer answer = HttpExchange.Get(known);
        Assert.Equal((503, "1"), (answer.Status, answer.Headers["Retry-After"]));
        Assert.DoesNotContain("secret", answer.Body, StringComparison.OrdinalIgnoreCase);
        using DumpListener unknown = Listen("port", _ => throw new InvalidOperationException("/secret"));
        answer = HttpExchange.Get(unknown);
        Assert.Equal(500, answer.Status);
        Assert.DoesNotContain("secret", answer.Body, StringComparison.OrdinalIgnoreCase);
        // And it serves on.
        Assert.Equal(404, HttpExchange.Get(unknown, "/x").Status);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void AThousandSilentClientsKeepNobodyOut(string kind)
    {
        using DumpListener listener = Listen(kind);
        var silent = new List<HttpExchange>();
        try
        {
            for (int i = 0; i < 1000; i++)
            {
                silent.Add(new HttpExchange(listener));
                if (i % 3 == 0)
                    silent[^1].Send("GET / HT");
                if (i % 100 == 99)
                    Assert.Equal(200, HttpExchange.Get(listener).Status);
            }
            // The kernel names the listener's ends after it, and the listening socket itself.
            if (kind == "unix")
                Assert.True(SpinWait.SpinUntil(() => SocketsOf(listener) <= DumpListener.MaxClients + 1, Patience), $"{SocketsOf(listener)} sockets");
        }
        finally
        {
            silent.ForEach(static s => s.Dispose());
        }
        Assert.Equal(200, HttpExchange.Get(listener).Status);
    }

    [Fact]
    public void ASlowReaderGetsAllOfALargeDump()
    {
        DumpThread[] threads = [.. Enumerable.Range(1, 20_000).Select(i => Build.Thread(i, new string((char)('a' + (i % 26)), 100), ThreadActivity.Running, [Build.Frame($"F{i}", i, null)]))];
        using DumpListener listener = Listen("unix", _ => Build.Dump(threads));
        using var slow = new HttpExchange(listener);
        slow.Send("GET /?format=json HTTP/1.0\r\n\r\n");
        // While the kernel's buffer is full, others are served.
        for (int i = 0; i < 3; i++)
            Assert.Equal(404, HttpExchange.Get(listener, "/x").Status);
        HttpAnswer answer = slow.Answer();
        Assert.True(answer.Body.Length > 4 << 20);
        Assert.EndsWith("}\n", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void AnyBytesGetAnAnswerOrAreClosed()
    {
        using DumpListener listener = Listen("unix");
        var random = new Random(11);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = new byte[random.Next(1, 3000)];
            random.NextBytes(bytes);
            using var exchange = new HttpExchange(listener);
            exchange.Send([.. bytes, .. "\n\n"u8]);
            Assert.True(exchange.Answer().Status is 0 or 400 or 505);
        }
        Assert.Equal(200, HttpExchange.Get(listener).Status);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void ADisposedListenerIsGone(string kind)
    {
        DumpListener listener = Listen(kind);
        using var client = new HttpExchange(listener);
        client.Send("GET ");
        Assert.Equal(200, HttpExchange.Get(listener).Status);
        listener.Dispose();
        listener.Dispose();
        Assert.Equal(0, client.Answer().Status);
        Assert.ThrowsAny<Exception>(() => new HttpExchange(listener));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
        // Its address is free again.
        using var next = new DumpListener(new ListenOptions { Address = listener.ToString() }, static (_, _) => SampleDumps.Get("ordinary"), warmsUp: false);
        Assert.Equal(200, HttpExchange.Get(next).Status);
    }

    [Fact]
    public void ARealDumpIsServedByTheOptionsAlone()
    {
        var options = new ListenOptions
        {
            Address = $"unix:{_directory["real.sock"]}",
            Format = DumpFormat.Json,
            Capture = new CaptureOptions { Limits = new DumpLimits { Timeout = Patience } },
        };
        using IDisposable listener = Flare.Listen(options);
        Assert.Equal(options.Address, listener.ToString());
        HttpAnswer answer = HttpExchange.Get((DumpListener)listener);
        Assert.Equal(200, answer.Status);
        Assert.Contains("\"Stackflare listener\"", answer.Body, StringComparison.Ordinal);
    }

    private DumpListener Listen(string kind, Func<CaptureOptions, ThreadDump>? capture = null) => new(
        new ListenOptions { Address = kind == "unix" ? $"unix:{_directory[$"{Guid.NewGuid():N}"[..8]]}" : "http://127.0.0.1:0" },
        (options, _) => capture?.Invoke(options) ?? SampleDumps.Get("ordinary"),
        warmsUp: false);

    /// <summary>The dump as it is served: it says so, and names the parameter instead of the option.</summary>
    private static string Served(DumpFormat format) => Render.With(
        SampleDumps.Get("ordinary") with { Reason = new DumpReason { Kind = DumpReasonKind.Request, Text = "requested by HTTP" } }, format)
        .Replace("The option ShowHidden", "The parameter all=1", StringComparison.Ordinal);

    private static int SocketsOf(DumpListener listener) => File.ReadLines("/proc/net/unix").Count(l => l.EndsWith(" " + listener.ToString()["unix:".Length..], StringComparison.Ordinal));
}
