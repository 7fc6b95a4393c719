namespace Stackflare.Processes;

/// <summary>The kernel's data of one thread.</summary>
/// <param name="Name">Its name, 15 characters at most.</param>
/// <param name="State">R running, S sleeping, D in uninterruptible sleep, T stopped, Z ended.</param>
/// <param name="CpuTime">Processor time used, in units of the tick (10 ms).</param>
/// <param name="StartTicks">When it began, in ticks since boot.</param>
internal sealed record TaskStat(string Name, char State, TimeSpan CpuTime, long StartTicks)
{
    /// <summary>How long it has been off the processor; null if that was not measured or is not known.</summary>
    public TimeSpan? OffCpuTime { get; init; }

    public RuntimeThread ToRuntimeThread(int id) => new(new OsThreadId(id), Name, Activity, CpuTime);

    public ThreadActivity Activity => State switch
    {
        'R' => ThreadActivity.Running,
        'S' or 'D' or 'I' => ThreadActivity.Waiting,
        'T' or 't' => ThreadActivity.Stopped,
        _ => ThreadActivity.Unknown,
    };
}
