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

    /// <summary>Requests answered since the last measurement began.</summary>
    public int Count => _latencies.Count;

    public Task RunUntilAsync(Func<bool> condition) => Poll.UntilAsync(condition, "requests", () => $"{Count} answered, {_failed} failed");

    /// <summary>What became of the requests while something else was done.</summary>
    public async Task<LoadFigures> MeasureAsync(Func<Task> action)
    {
        _latencies = new ConcurrentQueue<TimeSpan>();
        var (start, failed) = (Stopwatch.GetTimestamp(), Volatile.Read(ref _failed));
        await action();
        TimeSpan[] latencies = [.. _latencies.Order()];
        return new LoadFigures(latencies.Length, Volatile.Read(ref _failed) - failed, Stopwatch.GetElapsedTime(start), At(0.5), At(0.99), At(1));

        TimeSpan At(double part) => latencies.Length == 0 ? default : latencies[Math.Min(latencies.Length - 1, (int)(part * latencies.Length))];
    }

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
                _latencies.Enqueue(Stopwatch.GetElapsedTime(start));
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
