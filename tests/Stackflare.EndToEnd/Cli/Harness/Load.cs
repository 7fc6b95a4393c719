using System.Collections.Concurrent;
using System.Diagnostics;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>Clients that send one request after another, for as long as the load is not disposed.</summary>
internal sealed class Load : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = Deadline.Usual };
    private readonly CancellationTokenSource _end = new();
    private readonly Task[] _clients;
    private ConcurrentQueue<TimeSpan> _latencies = new();
    private int _failed;

    public Load(Uri address, int clients) => _clients = [.. Enumerable.Range(0, clients).Select(_ => Task.Run(() => SendAsync(address)))];

    /// <summary>Requests answered, of those that are counted together.</summary>
    public int Count => _latencies.Count;

    /// <summary>Requests that were not answered.</summary>
    public int Failed => Volatile.Read(ref _failed);

    public Task RunUntilAsync(Func<bool> condition) => Poll.UntilAsync(condition, "requests", () => $"{Count} answered, {Failed} failed");

    /// <summary>From now on the time that each request took goes into these.</summary>
    public void CountInto(ConcurrentQueue<TimeSpan> latencies) => Volatile.Write(ref _latencies, latencies);

    public void Dispose()
    {
        _end.Cancel();
        Task.WaitAll(_clients);
        _client.Dispose();
        _end.Dispose();
    }

    private async Task SendAsync(Uri address)
    {
        while (!_end.IsCancellationRequested)
        {
            var start = Stopwatch.GetTimestamp();
            try
            {
                await _client.GetStringAsync(address, _end.Token);
                Volatile.Read(ref _latencies).Enqueue(Stopwatch.GetElapsedTime(start));
            }
            catch (Exception) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                Interlocked.Increment(ref _failed);
            }
        }
    }
}
