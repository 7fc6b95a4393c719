using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// Threads whose shares of time are known. Three threads use 7, 2 and 1 ms of processor time in each round, and wait for each other at its end, so that the shares are the same on a busy machine. The barrier spins
/// before it waits: what a thread uses there counts for its next round. "sleeper" sleeps 70, 20 and 10 % of three seconds in three methods. With <c>--running 0</c>, it is alone.
/// </summary>
internal sealed partial class Shares : Shape
{
    private const int ThreadClock = 3; // CLOCK_THREAD_CPUTIME_ID
    private const long Millisecond = 1_000_000;

    private readonly Barrier _round = new(3);

    public override void Start(Host host)
    {
        host.StartThread("sleeper", track => Sleep(host, track));
        if (host.Options.Number("--running", 1) == 0)
            return;
        host.StartThread("seven", track => RunSeven(host, track));
        host.StartThread("two", track => RunTwo(host, track));
        host.StartThread("one", track => RunOne(host, track));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunSeven(Host host, Track track)
    {
        host.Arrive(track.Here<Shares>(), inManagedCode: false);
        for (long end = Used(); ;)
            Round(end += 7 * Millisecond);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunTwo(Host host, Track track)
    {
        host.Arrive(track.Here<Shares>(), inManagedCode: false);
        for (long end = Used(); ;)
            Round(end += 2 * Millisecond);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunOne(Host host, Track track)
    {
        host.Arrive(track.Here<Shares>(), inManagedCode: false);
        for (long end = Used(); ;)
            Round(end += 1 * Millisecond);
    }

    private void Round(long end)
    {
        while (Used() < end)
        {
        }
        _round.SignalAndWait();
    }

    /// <summary>Processor time of the calling thread in nanoseconds.</summary>
    private static long Used()
    {
        _ = GetTime(ThreadClock, out Time time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    private static void Sleep(Host host, Track track)
    {
        host.Arrive(track.Here<Shares>(), inManagedCode: false);
        while (true)
        {
            SleepLong();
            SleepLess();
            SleepLeast();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SleepLong() => Thread.Sleep(2100);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SleepLess() => Thread.Sleep(600);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SleepLeast() => Thread.Sleep(300);

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
