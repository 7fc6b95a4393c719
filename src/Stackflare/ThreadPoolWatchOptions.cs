namespace Stackflare;

/// <summary>Options of <see cref="Flare.WatchThreadPool"/>. Immutable.</summary>
public sealed record ThreadPoolWatchOptions : WatchOptions
{
    /// <summary>Creates the default options.</summary>
    public ThreadPoolWatchOptions()
        : base(TimeSpan.FromMinutes(1))
    {
    }

    /// <summary>How long a queued work item waits for a thread before this is an incident; 5 seconds by default.</summary>
    public TimeSpan Threshold { get; init => field = OptionValue.Positive(value, nameof(Threshold)); } = TimeSpan.FromSeconds(5);

    /// <summary>How many dumps an incident causes at most; 3 by default. They show what moves and what does not.</summary>
    public int MaxDumpsPerIncident
    { get; init => field = OptionValue.Positive(value, nameof(MaxDumpsPerIncident)); } = 3;

    /// <summary>The time between two dumps of an incident; 5 seconds by default.</summary>
    public TimeSpan Interval { get; init => field = OptionValue.Positive(value, nameof(Interval)); } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Called when the thread pool runs queued work again, with the length of the incident. Null, the default, writes a line to standard error
    /// instead. Called on the thread that takes the dumps. An exception of the callback is ignored, and the line is written.
    /// </summary>
    public Action<TimeSpan>? OnRecovered { get; init; }
}
