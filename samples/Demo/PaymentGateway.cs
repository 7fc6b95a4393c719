namespace OrderService;

/// <summary>A slow bank. Its callers wait without a thread.</summary>
internal sealed class PaymentGateway
{
    private readonly TaskCompletionSource<bool> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal async Task<bool> AuthoriseAsync(string order)
    {
        ArgumentException.ThrowIfNullOrEmpty(order);
        return await _answer.Task;
    }

    internal async Task SettleAtNightAsync()
    {
        while (!_answer.Task.IsCompleted)
            await Task.Delay(TimeSpan.FromHours(1));
    }
}
