namespace Stackflare.Views.Live;

/// <summary>What a program did in some time. Immutable.</summary>
internal sealed record LiveScreen
{
    /// <summary>The last dump.</summary>
    public required ThreadDump Last { get; init; }

    /// <summary>The time that the processor times are of: since the screen before, up to the last dump. Zero after one dump.</summary>
    public required TimeSpan Time { get; init; }

    /// <summary>The time since the first dump.</summary>
    public required TimeSpan SinceFirst { get; init; }

    /// <summary>What is wrong or may be.</summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>What is missing in the dump with async stacks.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    public required IReadOnlyList<HotLine> Lines { get; init; }

    /// <summary>Processor time of the program's threads at no line that is known.</summary>
    public required TimeSpan Nowhere { get; init; }

    public required IReadOnlyList<BusyThread> Threads { get; init; }

    public required IReadOnlyList<WantedLock> Locks { get; init; }

    /// <summary>The thread pool; null if not known, or if the program has not used it.</summary>
    public required QueueTrend? Pool { get; init; }

    /// <summary>The async methods that wait; null if they were not looked for.</summary>
    public required IReadOnlyList<AwaitGroup>? Awaits { get; init; }

    /// <summary>Processor time of all threads.</summary>
    public TimeSpan Cpu => TimeSpan.FromTicks(Threads.Sum(static t => t.Cpu.Ticks));
}
