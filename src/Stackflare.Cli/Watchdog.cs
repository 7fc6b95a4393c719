namespace Stackflare.Cli;

/// <summary>
/// Ends the tool when something takes longer than it may in a place that has no time limit: reading /proc of a process whose memory map is
/// locked by the kernel waits for as long as that lasts, and so does a file on a server that is gone.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly ManualResetEventSlim _done = new();

    /// <param name="limit">How long it may take.</param>
    /// <param name="waitingFor">What it then waits for, for the message.</param>
    /// <param name="cleanUp">Removes what nobody else will remove any more; null for nothing.</param>
    public Watchdog(TimeSpan limit, string waitingFor = "the kernel does not tell of the process", Action? cleanUp = null) =>
        new Thread(() => Watch(limit, waitingFor, cleanUp)) { IsBackground = true, Name = "watchdog" }.Start();

    public void Dispose() => _done.Set();

    private void Watch(TimeSpan limit, string waitingFor, Action? cleanUp)
    {
        if (_done.Wait(limit + Grace))
            return;
        var error = new CaptureTimeoutException(limit, waitingFor);
        Console.Error.WriteLine($"stackflare: {ErrorText.Of(error)}");
        cleanUp?.Invoke();
        Environment.Exit(ExitCodes.Of(error));
    }
}
