using System.Diagnostics;
using Stackflare.Interop;

namespace Stackflare.Capture.External;

/// <summary>
/// Stops threads that run, for as long as it takes to copy what is needed of them. They stop and go on together, so that what is copied is of one moment.
/// </summary>
/// <param name="kernel">Stops them.</param>
/// <param name="limit">How long they may be stopped, and how long to wait until they are.</param>
internal sealed class ThreadStop(IThreadControl kernel, TimeSpan limit)
{
    internal const string Name = "stopper";

    private const uint PollMicroseconds = 50;

    private readonly List<(int Thread, StoppedCall Stopped)> _stopped = [];
    private readonly List<int> _pending = [];

    /// <summary>How long threads were stopped: from the first request to stop to the last to go on.</summary>
    public TimeSpan Length { get; private set; }

    /// <summary>How many threads were stopped.</summary>
    public int Count => _stopped.Count;

    /// <summary>The threads that were not stopped, and why.</summary>
    public Dictionary<int, SkipReason> Skipped { get; } = [];

    /// <summary>The numbers of system calls that the stop has ended with an error.</summary>
    public IEnumerable<int> EndedCalls => _stopped.Select(static s => s.Stopped.EndedCall).OfType<int>();

    /// <summary>Stops threads, copies what is needed of them, and lets them go on.</summary>
    /// <param name="threads">The kernel's ids.</param>
    /// <param name="copy">Copies what is needed of a thread that is stopped.</param>
    public void Run(IReadOnlyCollection<int> threads, Action<int, StoppedCall> copy)
    {
        // The kernel ends the tracing of a thread that does not stop only when the thread ends that has begun it.
        var tracer = new Thread(() => Trace(threads, copy)) { IsBackground = true, Name = Name };
        tracer.UnsafeStart();
        tracer.Join();
    }

    private void Trace(IReadOnlyCollection<int> threads, Action<int, StoppedCall> copy)
    {
        // What takes time is done before the first one is stopped.
        foreach (int thread in threads.Where(MayStop))
            Seize(thread);
        long begin = Stopwatch.GetTimestamp();
        try
        {
            foreach (int thread in _pending)
                kernel.Interrupt(thread);
            Wait(Deadline.In(limit), copy);
        }
        finally
        {
            foreach ((int thread, StoppedCall stopped) in _stopped)
                kernel.Release(thread, stopped);
            Length = _stopped.Count == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(begin);
        }
        foreach (int thread in _pending)
            Skipped[thread] = SkipReason.NotInTime;
    }

    /// <summary>A thread in uninterruptible sleep would stop only when it wakes, perhaps long after.</summary>
    private bool MayStop(int thread)
    {
        ThreadLook? look = kernel.Look(thread);
        if (look is { IsTraced: true })
            Skipped[thread] = SkipReason.Traced;
        else if (look is { State: 'D' })
            Skipped[thread] = SkipReason.Uninterruptible;
        return look is { IsTraced: false, State: not 'D' };
    }

    private void Seize(int thread)
    {
        int error = kernel.Seize(thread);
        if (error == 0)
            _pending.Add(thread);
        else if (error != -Posix.ESRCH)
            Skipped[thread] = SkipReason.Refused;
    }

    private void Wait(Deadline deadline, Action<int, StoppedCall> copy)
    {
        while (_pending.Count > 0 && !deadline.Passed)
        {
            for (int i = _pending.Count - 1; i >= 0; i--)
            {
                int thread = _pending[i];
                StopState state = kernel.Poll(thread, out StoppedCall stopped);
                if (state == StopState.Pending)
                    continue;
                _pending.RemoveAt(i);
                if (state != StopState.Stopped)
                    continue;
                _stopped.Add((thread, stopped));
                copy(thread, stopped);
            }
            // A thread that is ready for a processor stops when it gets one. One that has slept gets it before others, while one that has yielded gets it last.
            if (_pending.Count > 0)
                Posix.Sleep(PollMicroseconds);
        }
    }
}

/// <summary>Why a thread was not stopped.</summary>
internal enum SkipReason
{
    /// <summary>It sleeps in the kernel and cannot be interrupted.</summary>
    Uninterruptible,

    /// <summary>A debugger or another tracer holds it.</summary>
    Traced,

    /// <summary>The kernel refuses to stop it.</summary>
    Refused,

    /// <summary>It did not stop in time.</summary>
    NotInTime,

    /// <summary>It has begun or ended while others were copied.</summary>
    BeganOrEnded,
}
