using System.Diagnostics;
using System.Net.Sockets;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Hosting;

/// <summary>A web service with a listener of its own, and the programs that read it.</summary>
public sealed class ListenerTests(ITestOutputHelper output) : IDisposable
{
    private const int Requests = 300, Reads = 10;

    private static readonly string Program = Path.Combine(TestPaths.TargetOutput("OrderApi", "net10.0"), "OrderApi");

    private readonly TemporaryFolder _folder = new();

    private string SocketPath => Path.Combine(_folder.Path, "s");

    public void Dispose() => _folder.Dispose();

    /// <summary>Each request blocks a thread of the pool until another one has run, of which there is none.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks | LooksAt.Pool)]
    public async Task TheListenerAnswersWhileTheServerDoesNot(string flavour)
    {
        await using WebServer server = await StartAsync(flavour);
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task[] requests = [.. Enumerable.Range(1, Requests).Select(n => client.GetStringAsync(new Uri(server.Address, $"order/{n}"), end.Token))];
        // Without the heap, which takes as long as it takes.
        string dump = "";
        await Poll.UntilAsync(() => (dump = Read("/?async=never")).Contains("sync over async: ", StringComparison.Ordinal), "a starved pool", () => dump);

        Task[] more = [client.GetStringAsync(server.Address, end.Token), client.GetStringAsync(new Uri(server.Address, "debug/stackflare"), end.Token)];
        var times = new List<double>();
        for (int i = 0; i < Reads; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            dump = Read("/?async=never");
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            Assert.Contains("Orders.cs:line ", dump, StringComparison.Ordinal);
        }
        output.WriteLine($"{flavour}: {Reads} answers of the listener of {dump.Length:N0} bytes, in ms: {string.Join(", ", times.Order().Select(t => t.ToString("0", System.Globalization.CultureInfo.InvariantCulture)))}");
        Assert.All(more, task => Assert.False(task.IsCompleted));
        Assert.True(times.Min() < Deadline.Usual.TotalMilliseconds);

        // The tool and curl read it too.
        string shown = (await Tool.RunAsync($"http+unix:{SocketPath}")).Output;
        Assert.Contains("sync over async: ", shown, StringComparison.Ordinal);
        if (Command.Find("curl") is { } curl)
            Assert.Contains("sync over async: ", (await new Command(curl, "-sS", "--unix-socket", SocketPath, "http://localhost/").RunAsync()).Succeeded(), StringComparison.Ordinal);
        await end.CancelAsync();
        await Task.WhenAll([.. requests, .. more]).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task TheToolShowsWhatIsServed()
    {
        await using WebServer server = await StartAsync("optimized");
        Assert.Equal(server.Pid, (await Tool.RunAsync($"unix:{SocketPath}", "-f", "json")).Json.ProcessId);
        string endpoint = new Uri(server.Address, "debug/stackflare").ToString();
        Assert.StartsWith($"Thread dump of OrderApi (pid {server.Pid})", (await Tool.RunAsync(endpoint)).Output, StringComparison.Ordinal);

        string series = (await Tool.RunAsync($"http+unix:{SocketPath}", "-n", "2", "-i", "200", "--threads", "Main", "--no-async")).Output;
        Assert.Contains("in both dumps", series, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Only threads that match 'Main'", series, StringComparison.Ordinal);
        foreach (string address in (string[])[$"http+unix:{SocketPath}", endpoint])
        {
            string redacted = (await Tool.RunAsync(address, "--redact")).Output;
            Assert.DoesNotContain("OrderApi", redacted, StringComparison.Ordinal);
            Assert.Contains("\nNote: Redacted: ", redacted, StringComparison.Ordinal);
        }
        string file = Path.Combine(_folder.Path, "dump.json");
        Assert.Empty((await Tool.RunAsync($"http+unix:{SocketPath}", "-f", "actuator", "-o", file)).Output);
        Assert.StartsWith("{\n  \"threads\": [", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        (await Tool.RunAsync(endpoint + "/x")).AssertError(8, "404", "debug/stackflare");
        (await Tool.RunAsync($"http+unix:{SocketPath}", "-n", "50")).AssertError(12, "400: The parameter count is '50'. It must be a number from 1 to 10");
        (await Tool.RunAsync($"http+unix:{SocketPath}", "--raw", file)).AssertError(2, "--raw");
        (await Tool.RunAsync($"http+unix:{SocketPath}", "--fail-on-deadlock")).AssertError(2, "--fail-on-deadlock");
        (await Tool.RunAsync($"http+unix:{SocketPath}x")).AssertError(8, "cannot be reached");
        (await Tool.RunAsync("http://example.org/")).AssertError(8, "is not an address on this machine", "ssh -L");
        (await Tool.RunAsync("https://127.0.0.1/")).AssertError(8, "is not an address on this machine");
    }

    [RequiresRootFact]
    public async Task OtherUsersAreRefused()
    {
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)0b111_101_101);
        string tool = Path.Combine(_folder.Path, "stackflare");
        File.Copy(Tool.Path, tool);
        var nobody = new ToolOptions { Launcher = Needs.Nobody, Executable = tool };
        await using WebServer server = await StartAsync("optimized");
        (await Tool.RunAsync(nobody, $"http+unix:{SocketPath}")).AssertError(6, "another user", "root");
        // The file is not the only protection.
        File.SetUnixFileMode(SocketPath, (UnixFileMode)0b110_110_110);
        (await Tool.RunAsync(nobody, $"http+unix:{SocketPath}")).AssertError(6, "403: Only the user of this process and root get dumps");
        Assert.NotEmpty((await Tool.RunAsync($"http+unix:{SocketPath}")).Output);
    }

    private Task<WebServer> StartAsync(string flavour) => WebServer.StartAsync(Flavour.Named(flavour), Program, "--listen", $"unix:{SocketPath}");

    /// <summary>A request without the thread pool of the test, whose requests wait.</summary>
    private string Read(string target)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = (int)Deadline.Usual.TotalMilliseconds };
        socket.Connect(new UnixDomainSocketEndPoint(SocketPath));
        socket.Send(System.Text.Encoding.ASCII.GetBytes($"GET {target} HTTP/1.0\r\n\r\n"));
        using var stream = new NetworkStream(socket);
        string answer = new StreamReader(stream).ReadToEnd();
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        return answer;
    }
}
