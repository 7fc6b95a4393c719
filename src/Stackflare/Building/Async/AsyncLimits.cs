namespace Stackflare.Building.Async;

/// <summary>Limits for building from a heap. On a hostile heap, everything can wait for everything.</summary>
internal static class AsyncLimits
{
    /// <summary>Frames of one stack.</summary>
    public const int Frames = 20_000;

    /// <summary>Methods and tasks visited for all stacks together.</summary>
    public const int Steps = 2_000_000;

    /// <summary>Tasks visited under one <c>WhenAll</c>.</summary>
    public const int Unfinished = 10_000;

    /// <summary>References of state machines that are read.</summary>
    public const int References = 16_000_000;

    /// <summary>Bytes of state machines that are read to identify waits: many methods can refer to one state machine.</summary>
    public const long Variables = 1 << 28;

    /// <summary>Objects followed between methods and what they wait for, in total.</summary>
    public const int Between = 2_000_000;

    /// <summary>Elements of task arrays that are read, in total: many tasks can share one array.</summary>
    public const int Elements = 4_000_000;

    /// <summary>Incomplete tasks of all <c>WhenAll</c>s.</summary>
    public const int Members = 1_000_000;

    /// <summary>Nested stacks: shared tasks make more paths than there are tasks.</summary>
    public const int Branches = 500_000;

    /// <summary>Nesting depth of tasks.</summary>
    public const int Depth = 16;
}
