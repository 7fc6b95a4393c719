namespace Stackflare.Cli.Running;

/// <summary>When a command's threads are shown, and when it is ended.</summary>
internal sealed record RunOptions
{
    /// <summary>The time until the first dump; null for none.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>The time from one dump to the next; null if there is only one.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>How long the command may take to end after a signal that asks it to; null if that is not watched.</summary>
    public TimeSpan? OnExit { get; init; }

    /// <summary>The number of dumps after which the command is ended; null for no limit.</summary>
    public int? KillAfterDumps { get; init; }

    /// <summary>The time after which the command is ended; null for no limit.</summary>
    public TimeSpan? KillAfterTime { get; init; }

    /// <summary>The directory for a file of each process; null for none.</summary>
    public string? Output { get; init; }

    /// <summary>The library that the command's programs load at their start; null for none.</summary>
    public string? Hook { get; init; }
}
