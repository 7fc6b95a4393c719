using Stackflare.Cli.Terminal;
using Stackflare.Interop;

namespace Stackflare.Cli;

/// <summary>
/// Ends the tool if an operation without a time limit takes too long. Reading /proc of a process whose memory map is
/// locked by the kernel can block without a limit, and so can reading a file on a server that is gone. One thread watches all dumps.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly object Gate = new();
    private static readonly List<Watchdog> Watched = [];
    private static bool _hasThread;

    /// <summary>When the thread looks at the deadlines by itself; null if it waits until it is woken.</summary>
    private static Deadline? _looks;

    private readonly TimeSpan _limit;
    private readonly string _waitingFor;
    private readonly Action? _cleanUp;
    private Deadline _deadline;

    /// <param name="limit">Time limit until this object is disposed.</param>
    /// <param name="waitingFor">The cause of the wait, for the message.</param>
    /// <param name="cleanUp">Removes temporary files before the tool ends; null for nothing.</param>
    public Watchdog(TimeSpan limit, string waitingFor = "the kernel does not return information about the process", Action? cleanUp = null)
    {
        (_limit, _waitingFor, _cleanUp) = (limit, waitingFor, cleanUp);
        _deadline = Deadline.In(limit + Grace);
        lock (Gate)
        {
            if (!_hasThread)
                new Thread(Watch) { IsBackground = true, Name = "watchdog" }.Start();
            _hasThread = true;
            Watched.Add(this);
            // A recording has two watches for each sample: waking the thread each time would cost more than the watches.
            if (_looks is not { } looks || looks.RemainingMilliseconds > _deadline.RemainingMilliseconds)
                Monitor.Pulse(Gate);
        }
    }

    /// <summary>Ends the watch. If the time limit was reached, this does not return, because the tool ends.</summary>
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
                if (Watched.Count == 0)
                {
                    _looks = null;
                    Monitor.Wait(Gate);
                    continue;
                }
                int time = Watched.Min(w => w._deadline.RemainingMilliseconds);
                var late = Deadline.In(TimeSpan.FromMilliseconds(time) + Grace);
                _looks = Deadline.In(TimeSpan.FromMilliseconds(time));
                Monitor.Wait(Gate, time);
                // The tool itself was stopped, for example by Ctrl+Z, and its operations with it.
                if (late.Passed)
                    Watched.ForEach(static w => w._deadline = Deadline.In(w._limit + Grace));
            }
        }
    }

    private void End()
    {
        var error = new CaptureTimeoutException(_limit, _waitingFor);
        LiveTerminal.Leave();
        Console.Error.WriteLine($"stackflare: {ErrorText.Describe(error)}");
        _cleanUp?.Invoke();
        Environment.Exit(ExitCodes.For(error));
    }
}
