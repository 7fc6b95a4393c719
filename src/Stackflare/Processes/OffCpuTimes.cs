using System.Buffers.Text;
using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>
/// Measures how long sleeping threads have been off the processor, from the scheduler's record of when each last ran. This is the minimum
/// duration of a wait. Needs a kernel that shows its scheduler's records (CONFIG_SCHED_DEBUG; always since 6.15).
/// </summary>
/// <remarks>
/// The record uses the clock of one processor, which does not count time that interrupts and a hypervisor took: after weeks, the clocks of a server's
/// processors differ by hours. So the current time must be read from the same clock, by a new thread of ours that moves to that processor and then
/// ends. The affinity of the program's threads is not changed.
/// </remarks>
internal static class OffCpuTimes
{
    /// <summary>At most this many threads are measured.</summary>
    public const int MaxThreads = 64;

    private const int MaxProcessors = 8192;
    private const int StackBytes = 256 << 10;

    /// <summary>Limits the wait for a processor that a real-time thread occupies.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>The kernel's precision for the start time of a thread and for the time since boot, together.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    /// <summary>How long threads have been off the processor; null for one that is not asleep, has ended, or has an implausible record.</summary>
    /// <param name="pid">The process id in our pid namespace.</param>
    /// <param name="ids">The thread ids in our pid namespace.</param>
    public static TimeSpan?[] Measure(int pid, ReadOnlySpan<int> ids)
    {
        var times = new TimeSpan?[ids.Length];
        var sleepers = new Sleeper?[ids.Length];
        for (int i = 0; i < Math.Min(ids.Length, MaxThreads); i++)
            sleepers[i] = Look(pid, ids[i]);
        int[] processors = [.. sleepers.Where(static s => s is not null).Select(static s => s!.Value.Processor).Distinct()];
        if (processors.Length == 0 || ReadClocks(processors) is not { } clocks || ProcessFiles.SinceBoot() is not { } sinceBoot)
            return times;
        for (int i = 0; i < ids.Length; i++)
        {
            // The thread has not moved meanwhile, so the clock that was read is the one of its record.
            if (sleepers[i] is { } sleeper && clocks[Array.IndexOf(processors, sleeper.Processor)] is { } now && Look(pid, ids[i]) == sleeper)
                times[i] = Between(sleeper.LastOn, now, sinceBoot - ProcessFiles.FromTicks(sleeper.StartTicks));
        }
        return times;
    }

    /// <summary>The time between two readings of a clock; null if it is impossible for a thread of this age.</summary>
    /// <param name="lastOn">When the thread last ran, in nanoseconds.</param>
    /// <param name="now">The current time, in nanoseconds.</param>
    /// <param name="age">How long ago the thread began.</param>
    internal static TimeSpan? Between(long lastOn, long now, TimeSpan age)
    {
        // The scheduler's clock is not adjusted, unlike the clock for ages: a difference of a thousandth is normal.
        var time = TimeSpan.FromTicks(Math.Max(0, now - lastOn) / 100);
        return time > (age * 1.001) + Tick ? null
            : time > age ? age
            : time;
    }

    /// <summary>
    /// The time in /proc/…/sched when a thread last ran, in nanoseconds: <c>se.exec_start : 22866647.005234</c> is in milliseconds.
    /// Null if there is none. The thread's name comes first, and can contain such a line.
    /// </summary>
    internal static long? ParseLastOn(ReadOnlySpan<byte> sched)
    {
        const int FractionDigits = 6;
        int at = sched.LastIndexOf("\nse.exec_start "u8);
        if (at < 0)
            return null;
        ReadOnlySpan<byte> value = sched[(at + "\nse.exec_start ".Length)..].TrimStart(" :"u8);
        if (!Utf8Parser.TryParse(value, out long milliseconds, out int used) || milliseconds is < 0 or > long.MaxValue / 2_000_000
            || value.Length < used + 1 + FractionDigits || value[used] != '.'
            || !Utf8Parser.TryParse(value.Slice(used + 1, FractionDigits), out uint fraction, out int digits) || digits != FractionDigits)
        {
            return null;
        }
        return (milliseconds * 1_000_000) + fraction;
    }

    /// <summary>The record of a sleeping thread; null for others.</summary>
    private static Sleeper? Look(int pid, int id)
    {
        Span<byte> buffer = stackalloc byte[1024];
        // The kernel writes 0 for a thread that has never run.
        if (ParseLastOn(ProcFile.Read($"/proc/{pid}/task/{id}/sched", buffer)) is not (> 0 and var lastOn))
            return null;
        ReadOnlySpan<byte> stat = ProcFile.Read($"/proc/{pid}/task/{id}/stat", buffer);
        return ProcessFiles.ParseStat(stat) is { State: 'S' or 'D' } task && ProcessFiles.LastProcessor(stat) is >= 0 and < MaxProcessors and var processor
            ? new Sleeper(lastOn, processor, task.StartTicks)
            : null;
    }

    private static long?[]? ReadClocks(int[] processors)
    {
        var clocks = new long?[processors.Length];
        var reader = new Thread(
            () =>
            {
                Span<byte> buffer = stackalloc byte[1024];
                for (int i = 0; i < processors.Length; i++)
                {
                    // After the migration, the thread has just been scheduled, and the kernel records the time at that moment.
                    if (Posix.GoToProcessor(processors[i]) == 0)
                        clocks[i] = ParseLastOn(ProcFile.Read("/proc/thread-self/sched", buffer));
                }
            },
            StackBytes);
        reader.IsBackground = true;
        try
        {
            reader.UnsafeStart();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // The process is at its thread limit.
            return null;
        }
        return reader.Join(Patience) ? clocks : null;
    }

    private readonly record struct Sleeper(long LastOn, int Processor, long StartTicks);
}
