using System.Buffers.Text;
using Stackflare.Interop;

namespace Stackflare.Processes;

/// <summary>
/// How long threads that sleep have been off the processor: the scheduler keeps when each was last on one. A thread that waits has waited
/// for no less than that. Only kernels that show their scheduler's records have it (CONFIG_SCHED_DEBUG; always from 6.15 on).
/// </summary>
/// <remarks>
/// What is kept is the time of that processor's own clock, which leaves out what interrupts and a hypervisor took: a server's processors
/// are hours apart after some weeks. So the present is read from the same clock, by a thread of ours that goes to that processor. It ends
/// there: where the program's threads may run is not touched.
/// </remarks>
internal static class OffProcessor
{
    /// <summary>Of more threads than this it is not asked.</summary>
    public const int MostThreads = 64;

    private const int MostProcessors = 8192;
    private const int StackBytes = 256 << 10;

    /// <summary>A processor that a real-time thread keeps for itself is not waited for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <summary>As coarse as the kernel tells when a thread began and how long ago it booted, both.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    /// <summary>How long threads have been off the processor; null for one that is not asleep, has ended, or of which the kernel says nothing that makes sense.</summary>
    /// <param name="pid">The process, as we see it.</param>
    /// <param name="ids">The threads, as we see them.</param>
    public static TimeSpan?[] Of(int pid, ReadOnlySpan<int> ids)
    {
        var times = new TimeSpan?[ids.Length];
        var sleepers = new Sleeper?[ids.Length];
        for (int i = 0; i < Math.Min(ids.Length, MostThreads); i++)
            sleepers[i] = Look(pid, ids[i]);
        int[] processors = [.. sleepers.Where(static s => s is not null).Select(static s => s!.Value.Processor).Distinct()];
        if (processors.Length == 0 || ReadClocks(processors) is not { } clocks || ProcessFiles.SinceBoot() is not { } sinceBoot)
            return times;
        for (int i = 0; i < ids.Length; i++)
        {
            // It has not moved meanwhile: the clock that was read is the one that its time is of.
            if (sleepers[i] is { } sleeper && clocks[Array.IndexOf(processors, sleeper.Processor)] is { } now && Look(pid, ids[i]) == sleeper)
                times[i] = Between(sleeper.LastOn, now, sinceBoot - ProcessFiles.FromTicks(sleeper.StartTicks));
        }
        return times;
    }

    /// <summary>The time between two readings of a clock; null when it cannot be that of a thread of this age.</summary>
    /// <param name="lastOn">When the thread was last on the processor, in nanoseconds.</param>
    /// <param name="now">The present, in nanoseconds.</param>
    /// <param name="age">How long ago the thread began.</param>
    internal static TimeSpan? Between(long lastOn, long now, TimeSpan age)
    {
        // Nobody sets the scheduler's clock right, as the one is that ages are of: in a thousandth they differ and mean the same.
        var time = TimeSpan.FromTicks(Math.Max(0, now - lastOn) / 100);
        return time > (age * 1.001) + Tick ? null
            : time > age ? age
            : time;
    }

    /// <summary>
    /// The time in /proc/…/sched at which a thread was last on a processor, in nanoseconds: <c>se.exec_start : 22866647.005234</c>, milliseconds.
    /// Null where there is none. The thread's name comes first, and may have such a line in it.
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

    /// <summary>What the kernel says of a thread, as far as it is asleep.</summary>
    private static Sleeper? Look(int pid, int id)
    {
        Span<byte> buffer = stackalloc byte[1024];
        // The kernel writes 0 for a thread that was never on a processor.
        if (ParseLastOn(ProcFile.Read($"/proc/{pid}/task/{id}/sched", buffer)) is not (> 0 and var lastOn))
            return null;
        ReadOnlySpan<byte> stat = ProcFile.Read($"/proc/{pid}/task/{id}/stat", buffer);
        return ProcessFiles.ParseStat(stat) is { State: 'S' or 'D' } task && ProcessFiles.LastProcessor(stat) is >= 0 and < MostProcessors and var processor
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
                    // Having come there it has just been given the processor, and that is when the kernel takes the time.
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
            // There are as many threads as there may be.
            return null;
        }
        return reader.Join(Patience) ? clocks : null;
    }

    private readonly record struct Sleeper(long LastOn, int Processor, long StartTicks);
}
