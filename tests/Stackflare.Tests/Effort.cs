using System.Runtime.InteropServices;

namespace Stackflare.Tests;

/// <summary>
/// How much of a processor the calling thread has used, for tests of work that must not explode. Unlike the time that passes it does not depend on who else wants the
/// processor, and its limits are far above what the work takes.
/// </summary>
internal readonly unsafe partial struct Effort
{
    private readonly TimeSpan _begin;

    private Effort(TimeSpan begin) => _begin = begin;

    public TimeSpan Used => OfThisThread() - _begin;

    public static Effort Begin() => new(OfThisThread());

    private static TimeSpan OfThisThread()
    {
        const int Thread = 3;
        long* time = stackalloc long[2];
        Assert.Equal(0, ClockGetTime(Thread, time));
        return TimeSpan.FromSeconds(time[0]) + TimeSpan.FromTicks(time[1] / TimeSpan.NanosecondsPerTick);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, long* time);
}
