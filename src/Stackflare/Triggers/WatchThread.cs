using Stackflare.Interop;
using Stackflare.Outputs;

namespace Stackflare.Triggers;

/// <summary>
/// One thread for all triggers that wait for a time. It sleeps until the next alarm is due, and for ever if there is none. It needs neither the thread
/// pool nor a timer, so it works when these do not. Starts with the first alarm. Thread-safe.
/// </summary>
internal sealed class WatchThread
{
    internal const string Name = "Stackflare watch";

    /// <summary>Cancelled alarms are removed in one go when they are more than the others, so setting and cancelling one costs little.</summary>
    private const int FewCancelled = 64;

    private readonly object _gate = new();
    private readonly TimeProvider _time;
    private readonly long _begin;
    private PriorityQueue<Alarm, TimeSpan> _alarms = new();
    private Thread? _thread;
    private int _cancelled;

    public WatchThread(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _begin = _time.GetTimestamp();
    }

    /// <summary>The program's own.</summary>
    public static WatchThread Shared { get; } = new();

    /// <summary>The time since the start of the watch. Never set back.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_begin);

    /// <summary>How many alarms are kept, with those that were cancelled.</summary>
    internal int Kept
    {
        get
        {
            lock (_gate)
                return _alarms.Count;
        }
    }

    /// <summary>Sets an alarm.</summary>
    /// <param name="after">The time until it is due.</param>
    /// <param name="run">
    /// Called on the watch thread with its kernel id. Returns the time until the next call; null if there is none.
    /// </param>
    /// <exception cref="OutOfMemoryException">No thread could be created.</exception>
    public Alarm Set(TimeSpan after, Func<int, TimeSpan?> run)
    {
        var alarm = new Alarm(this, run);
        lock (_gate)
        {
            if (_thread is null)
                Start();
            Add(alarm, after);
        }
        return alarm;
    }

    private void Start()
    {
        var thread = new Thread(Run) { IsBackground = true, Name = Name };
        thread.UnsafeStart();
        _thread = thread;
    }

    private void Add(Alarm alarm, TimeSpan after)
    {
        TimeSpan now = Now, due = after < TimeSpan.MaxValue - now ? now + after : TimeSpan.MaxValue;
        alarm.IsQueued = true;
        bool isFirst = !_alarms.TryPeek(out _, out TimeSpan first) || due < first;
        _alarms.Enqueue(alarm, due);
        if (isFirst)
            Monitor.Pulse(_gate);
    }

    private void Run()
    {
        int id = Posix.CurrentThread();
        while (true)
        {
            Alarm alarm = Next();
            TimeSpan? again = TryRun(alarm, id);
            lock (_gate)
            {
                if (again is { } after && !alarm.IsCancelled)
                    Add(alarm, after);
            }
        }
    }

    private static TimeSpan? TryRun(Alarm alarm, int id)
    {
        try
        {
            return alarm.Run(id);
        }
#pragma warning disable CA1031 // An unhandled exception would end the program. One alarm must not stop the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            StandardStreamOutput.TryWriteLine($"stackflare: a trigger failed and is off: {e.GetType()}");
            return null;
        }
    }

    /// <summary>Waits for the next alarm that is due.</summary>
    private Alarm Next()
    {
        lock (_gate)
        {
            while (true)
            {
                if (!_alarms.TryPeek(out Alarm? alarm, out TimeSpan due))
                {
                    Monitor.Wait(_gate);
                    continue;
                }
                TimeSpan left = alarm.IsCancelled ? TimeSpan.Zero : due - Now;
                if (left > TimeSpan.Zero)
                {
                    // Rounded up, so that the thread does not wake just before the time.
                    Monitor.Wait(_gate, (int)Math.Min(Math.Ceiling(left.TotalMilliseconds), int.MaxValue));
                    continue;
                }
                _alarms.Dequeue();
                alarm.IsQueued = false;
                if (!alarm.IsCancelled)
                    return alarm;
                _cancelled--;
            }
        }
    }

    private void Cancel(Alarm alarm)
    {
        lock (_gate)
        {
            if (alarm.IsCancelled)
                return;
            alarm.IsCancelled = true;
            if (!alarm.IsQueued || ++_cancelled <= FewCancelled || _cancelled <= _alarms.Count / 2)
                return;
            var kept = new PriorityQueue<Alarm, TimeSpan>();
            foreach ((Alarm other, TimeSpan due) in _alarms.UnorderedItems)
            {
                if (!other.IsCancelled)
                    kept.Enqueue(other, due);
            }
            (_alarms, _cancelled) = (kept, 0);
        }
    }

    /// <summary>Something that is due at a time.</summary>
    internal sealed class Alarm(WatchThread owner, Func<int, TimeSpan?> run) : IDisposable
    {
        /// <summary>Whether it is cancelled. Under the owner's lock.</summary>
        public bool IsCancelled { get; set; }

        /// <summary>Whether it waits to be due. Under the owner's lock.</summary>
        public bool IsQueued { get; set; }

        public TimeSpan? Run(int ownThread) => run(ownThread);

        /// <summary>Cancels the alarm. It may still run once, if it is due now. Does not wait for it.</summary>
        public void Dispose() => owner.Cancel(this);
    }
}
