using Stackflare.Interop;

namespace Stackflare.Cli;

/// <summary>
/// Ends the tool when something takes longer than it may in a place that has no time limit: reading /proc of a process whose memory map is
/// locked by the kernel waits for as long as that lasts, and so does a file on a server that is gone. One thread watches, however many dumps are taken.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly object Gate = new();
    private static readonly List<Watchdog> Watched = [];
    private static bool _hasThread;

    private readonly TimeSpan _limit;
    private readonly string _waitingFor;
    private readonly Action? _cleanUp;
    private readonly Deadline _deadline;

    /// <param name="limit">How long it may take until this is disposed.</param>
    /// <param name="waitingFor">What it then waits for, for the message.</param>
    /// <param name="cleanUp">Removes what nobody else will remove any more; null for nothing.</param>
    public Watchdog(TimeSpan limit, string waitingFor = "the kernel does not tell of the process", Action? cleanUp = null)
    {
        (_limit, _waitingFor, _cleanUp) = (limit, waitingFor, cleanUp);
        _deadline = Deadline.In(limit + Grace);
        lock (Gate)
        {
            if (!_hasThread)
                new Thread(Watch) { IsBackground = true, Name = "watchdog" }.Start();
            _hasThread = true;
            Watched.Add(this);
            Monitor.Pulse(Gate);
        }
    }

    /// <summary>It has been done in time. If it has not, this does not return: the tool ends.</summary>
    public void Dispose()
    {
        lock (Gate)
            Watched.Remove(this);
    }

    private static void Watch()
    {
        lock (Gate)
        {
            while (true)
            {
                Watched.Find(w => w._deadline.Passed)?.End();
                Monitor.Wait(Gate, Watched.Count == 0 ? Timeout.Infinite : Watched.Min(w => w._deadline.RemainingMilliseconds));
            }
        }
    }

    private void End()
    {
        var error = new CaptureTimeoutException(_limit, _waitingFor);
        Console.Error.WriteLine($"stackflare: {ErrorText.Of(error)}");
        _cleanUp?.Invoke();
        Environment.Exit(ExitCodes.Of(error));
    }
}
