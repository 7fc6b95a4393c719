namespace Stackflare.Cli;

/// <summary>
/// Ends the tool when a capture takes longer than it may in a place that has no time limit: reading /proc of a process whose memory map is
/// locked by the kernel waits for as long as that lasts.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly ManualResetEventSlim _done = new();

    public Watchdog(TimeSpan limit) =>
        new Thread(() => Watch(limit)) { IsBackground = true, Name = "watchdog" }.Start();

    public void Dispose() => _done.Set();

    private void Watch(TimeSpan limit)
    {
        if (_done.Wait(limit + Grace))
            return;
        var error = new CaptureTimeoutException(limit, "the kernel does not tell of the process");
        Console.Error.WriteLine($"stackflare: {error.Message}");
        Environment.Exit(ExitCodes.Of(error));
    }
}
