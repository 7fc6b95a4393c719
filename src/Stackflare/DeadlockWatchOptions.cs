namespace Stackflare;

/// <summary>Options of <see cref="Flare.OnDeadlock"/>. Immutable.</summary>
public sealed record DeadlockWatchOptions : WatchOptions
{
    /// <summary>Creates the default options.</summary>
    public DeadlockWatchOptions()
        : base(TimeSpan.Zero)
    {
    }

    /// <summary>
    /// The time between two looks; one minute by default. A look pauses the program as a dump does, unless no thread has begun to wait since the
    /// last one.
    /// </summary>
    public TimeSpan Interval { get; init => field = OptionValue.Positive(value, nameof(Interval)); } = TimeSpan.FromMinutes(1);
}
