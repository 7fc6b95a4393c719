using System.Diagnostics;

namespace Stackflare.BenchTarget;

/// <summary>
/// A thread that does nothing but read the clock, and so sees every moment in which it was not let run. What it sees is what any
/// thread of the program feels of a dump: it does not know of dumps, and takes nobody's word for how long a pause was.
/// </summary>
internal sealed class Heartbeat
{
    private long _largest;
    private long _last;

    private Heartbeat()
    {
    }

    /// <summary>The longest that the thread did not run since <see cref="Reset"/>.</summary>
    internal TimeSpan LargestGap
    {
        get
        {
            AwaitBeat();
            return Stopwatch.GetElapsedTime(0, Volatile.Read(ref _largest));
        }
    }

    /// <summary>Starts the thread on a processor that it has to itself, where there are two.</summary>
    internal static Heartbeat Start()
    {
        // Otherwise the scheduler would now and then put the thread that writes the dump in its place, and the gap would be the
        // scheduler's time slice instead of the pause.
        Heartbeat heartbeat = new();
        int[] processors = Affinity.Allowed();
        if (processors.Length >= 2)
            Affinity.BindProcess(processors[1]);

        new Thread(() => heartbeat.Run(processors[0])) { Name = "heartbeat", IsBackground = true }.Start();
        return heartbeat;
    }

    internal void Reset()
    {
        AwaitBeat();
        Volatile.Write(ref _largest, 0);
    }

    // A gap is seen when it is over: one that still lasts belongs to what came before, and is not to be missed there.
    private void AwaitBeat()
    {
        long asked = Stopwatch.GetTimestamp();
        SpinWait.SpinUntil(() => Volatile.Read(ref _last) >= asked);
    }

    private void Run(int processor)
    {
        Affinity.BindThread(0, processor);
        long last = Stopwatch.GetTimestamp();
        while (true)
        {
            long now = Stopwatch.GetTimestamp();
            if (now - last > Volatile.Read(ref _largest))
                Volatile.Write(ref _largest, now - last);
            last = now;
            Volatile.Write(ref _last, now);
        }
    }
}
