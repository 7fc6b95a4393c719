using System.Diagnostics;
using System.Globalization;

namespace Stackflare.Bench.Subjects;

/// <summary>
/// A shop of two web services, of which one waits for the other, which does not answer: ASP.NET Core, a database, a queue, a cache. Disposing of it ends both.
/// </summary>
internal sealed class Shop : IDisposable
{
    private static readonly string Program = Path.Combine(Repository.Root, "tests", "Targets", "Shop", "bin", Repository.Configuration, "net10.0", "Shop");

    private readonly List<Process> _services = [];
    private readonly HttpClient _client;

    private Shop(int requests) => _client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = requests }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The service with the requests.</summary>
    internal int Id => _services[^1].Id;

    /// <summary>Starts it and sends requests, of which none is answered.</summary>
    internal static Shop Open(int requests)
    {
        var shop = new Shop(requests);
        try
        {
            Uri prices = shop.StartService("prices");
            shop._client.BaseAddress = shop.StartService("orders", "--prices", $"{prices}");
        }
        catch
        {
            shop.Dispose();
            throw;
        }
        for (int i = 0; i < requests; i++)
            _ = shop.AskAsync($"order/{i.ToString(CultureInfo.InvariantCulture)}");
        return shop;
    }

    public void Dispose()
    {
        _client.Dispose();
        foreach (Process service in _services)
        {
            service.Kill();
            service.WaitForExit();
            service.Dispose();
        }
    }

    private Uri StartService(string role, params string[] arguments)
    {
        ProcessStartInfo start = CommandResult.Piped(Program, [role, "--fault", "silent service", .. arguments]);
        Process service = Process.Start(start)!;
        _services.Add(service);
        string line = service.StandardOutput.ReadLine() ?? throw new BenchException($"The shop's service '{role}' did not start.");
        // Nothing more is wanted of either, but a full pipe would stop the service.
        _ = service.StandardOutput.ReadToEndAsync();
        _ = service.StandardError.ReadToEndAsync();
        return new Uri(line.Split(' ')[0]);
    }

    private async Task AskAsync(string path)
    {
        try
        {
            await _client.GetStringAsync(path);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            // The shop was closed.
        }
    }
}
