using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// A hundred and twenty requests that pay by three connections to a bank, which does not answer. No thread does anything, and nobody gets through.
/// </summary>
internal sealed class CheckOut : Shape
{
    private const int Requests = 120, Connections = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _connections = new(Connections);
    private readonly TaskCompletionSource<string> _receipt = new();
    private readonly List<Task> _requests = [];
    private Task? _first, _second;

    public override void Start(Host host)
    {
        for (var number = 1; number <= Requests; number++)
            _requests.Add(HandleAsync(number));
        // Two that wait for each other: each is asked for before the other's task is known.
        var begun = new TaskCompletionSource();
        _first = PricesAsync(begun.Task);
        _second = DiscountsAsync(begun.Task);
        begun.SetResult();
        host.StartThread("closing", track =>
        {
            host.Arrive(track);
            Close();
        });
    }

    private async Task HandleAsync(int number)
    {
        await Task.CompletedTask;
        await PayAsync(number * 100);
    }

    private async Task<string> PayAsync(int cents)
    {
        await _connections.WaitAsync();
        try
        {
            return await ChargeAsync(cents);
        }
        finally
        {
            _connections.Release();
        }
    }

    private async Task<string> ChargeAsync(int cents)
    {
        var answer = _receipt.Task;
        await Task.WhenAny(answer, Task.Delay(Patience));
        return answer.IsCompleted ? await answer : $"{cents} cents not paid";
    }

    private async Task PricesAsync(Task begun)
    {
        await begun;
        await _second!;
    }

    private async Task DiscountsAsync(Task begun)
    {
        await begun;
        await _first!;
    }

    private void Close() => _requests[0].Wait();
}
