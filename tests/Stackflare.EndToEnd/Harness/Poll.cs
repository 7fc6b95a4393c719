namespace Stackflare.EndToEnd.Harness;

/// <summary>For what has no event to wait for: the kernel's tables.</summary>
internal static class Poll
{
    public static Task UntilAsync(Func<bool> condition, string what, Func<string> describe) => UntilAsync(() => Task.FromResult(condition()), what, describe);

    public static async Task UntilAsync(Func<Task<bool>> condition, string what, Func<string> describe)
    {
        var deadline = Deadline.In();
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await condition())
        {
            if (deadline.Left == TimeSpan.Zero)
                throw new TargetException($"The test waited in vain for {what}.", describe());
            await ticks.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
