using System.Diagnostics;
using Stackflare.Interop;

namespace Stackflare.Capture.External;

/// <summary>
/// Stops threads that run, for as long as it takes to copy what is needed of them. They stop and go on together, so that what is copied is of one moment. The calling thread copies,
/// and another one stops the threads and lets them go on: so they go on in time also if reading the memory takes long, or fails.
/// </summary>
/// <param name="kernel">Stops them.</param>
/// <param name="limit">How long to wait until they have stopped, at most.</param>
internal sealed class ThreadStop(IThreadControl kernel, TimeSpan limit)
{
    internal const string Name = "stopper";

    private const uint PollMicroseconds = 50;

    /// <summary>A thread that has stopped waits no longer for the others and for the copies.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    private readonly object _gate = new();
    private readonly List<(int Thread, StoppedCall Stopped)> _stopped = [];
    private readonly List<int> _pending = [];
    private readonly Queue<(int Thread, StoppedCall Stopped)> _toCopy = new();
    private int _copied;
    private bool _goOn;
    private Exception? _failure;

    /// <summary>How long threads were stopped: from the first request to stop to the last to go on.</summary>
    public TimeSpan Length { get; private set; }

    /// <summary>How many threads were stopped.</summary>
    public int Count => _stopped.Count;

    /// <summary>The threads that were stopped.</summary>
    public IEnumerable<int> Held => _stopped.Select(static s => s.Thread);

    /// <summary>How many threads were asked to stop. Also of one that has not stopped in time, a system call can be interrupted.</summary>
    public int Interrupted { get; private set; }

    /// <summary>The threads that were not stopped, and why.</summary>
    public Dictionary<int, SkipReason> Skipped { get; } = [];

    /// <summary>The numbers of system calls that the stop has ended with an error.</summary>
    public IEnumerable<int> EndedCalls => _stopped.Where(static s => s.Stopped.Signal == 0).Select(static s => s.Stopped.EndedCall).OfType<int>();

    /// <summary>Stops threads, copies what is needed of them, and lets them go on.</summary>
    /// <param name="threads">The kernel's ids.</param>
    /// <param name="copy">Copies what is needed of a thread that is stopped. What it returns keeps the copy; it is called only if the thread is still stopped then.</param>
    /// <exception cref="StackflareException">It failed. All threads go on.</exception>
    public void Run(IReadOnlyCollection<int> threads, Func<int, StoppedCall, Action> copy)
    {
        // What takes time is done before the first one is stopped.
        int[] wanted = [.. threads.Where(MayStop)];
        if (wanted.Length == 0)
            return;
        // The kernel ends the tracing of a thread that does not stop only when the thread ends that has begun it.
        var tracer = new Thread(() => Trace(wanted)) { IsBackground = true, Name = Name };
        try
        {
            tracer.UnsafeStart();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            throw Failed(e);
        }
        try
        {
            while (Next() is { } next)
                Keep(next.Thread, copy(next.Thread, next.Stopped));
        }
        finally
        {
            lock (_gate)
            {
                _goOn = true;
                Monitor.PulseAll(_gate);
            }
            tracer.Join();
        }
        if (_failure is not null)
            throw Failed(_failure);
    }

    private static StackflareException Failed(Exception error) =>
        StackflareException.CaptureFailed($"The threads of the process could not be stopped: {error.Message}", "Try again.", errorCode: 0);

    /// <summary>The next thread to copy; null if there is none any more.</summary>
    private (int Thread, StoppedCall Stopped)? Next()
    {
        lock (_gate)
        {
            while (_toCopy.Count == 0 && !_goOn)
                Monitor.Wait(_gate);
            if (!_goOn)
                return _toCopy.Dequeue();
            foreach ((int thread, _) in _toCopy)
                Skipped[thread] = SkipReason.NotInTime;
            return null;
        }
    }

    private void Keep(int thread, Action keep)
    {
        lock (_gate)
        {
            if (_goOn)
            {
                Skipped[thread] = SkipReason.NotInTime;
                return;
            }
            keep();
            _copied++;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>On the thread that traces. Whatever happens, the threads go on.</summary>
    private void Trace(int[] threads)
    {
        long begin = 0;
        try
        {
            using IDisposable guard = kernel.Guard();
            begin = Stopwatch.GetTimestamp();
            var deadline = Deadline.In(limit);
            foreach (int thread in threads)
                Seize(thread, deadline);
            Interrupted = _pending.Count;
            foreach (int thread in _pending)
                kernel.Interrupt(thread);
            Wait(deadline);
            Release(begin);
        }
#pragma warning disable CA1031 // An exception on this thread would end the tool while it holds the threads.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure = e;
            Release(begin);
        }
    }

    private void Release(long begin)
    {
        lock (_gate)
        {
            _goOn = true;
            foreach (int thread in _pending)
                Skipped[thread] = SkipReason.NotInTime;
            Monitor.PulseAll(_gate);
        }
        foreach ((int thread, StoppedCall stopped) in _stopped)
            kernel.Release(thread, stopped);
        Length = _stopped.Count == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(begin);
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

    private void Seize(int thread, Deadline deadline)
    {
        int error = deadline.Passed ? -Posix.ETIMEDOUT : kernel.Seize(thread);
        if (error == 0)
        {
            // If the thread has ended, its id can be that of another process's thread by now, which must not be stopped.
            if (kernel.Look(thread) is { IsTraced: true })
                _pending.Add(thread);
        }
        else if (error != -Posix.ESRCH)
        {
            lock (_gate)
                Skipped[thread] = error == -Posix.ETIMEDOUT ? SkipReason.NotInTime : kernel.Look(thread) is { IsTraced: true } ? SkipReason.Traced : SkipReason.Refused;
        }
    }

    private void Wait(Deadline deadline)
    {
        Deadline? release = null;
        for (int round = 0; _pending.Count > 0 && !deadline.Passed && release is not { Passed: true }; round++)
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
                release ??= Deadline.In(Longest);
                _stopped.Add((thread, stopped));
                lock (_gate)
                {
                    _toCopy.Enqueue((thread, stopped));
                    Monitor.PulseAll(_gate);
                }
            }
            // A thread that is ready for a processor stops when it gets one. One that has slept gets it before others, while one that has yielded gets it last.
            if (_pending.Count > 0)
                Posix.Sleep(PollMicroseconds);
        }
        lock (_gate)
        {
            while (_copied < _stopped.Count && !_goOn && release is { Passed: false } left)
                Monitor.Wait(_gate, left.RemainingMilliseconds);
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

    /// <summary>It did not stop in time, or could not be copied in time.</summary>
    NotInTime,

    /// <summary>It has begun or ended while others were copied, or it is not on a stack that is mapped.</summary>
    BeganOrEnded,
}
