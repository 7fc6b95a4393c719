namespace Stackflare;

/// <summary>What all triggers that nobody asked at the moment have in common: limits for how often they take a dump. Immutable.</summary>
public abstract record WatchOptions : TriggerOptions
{
    private protected WatchOptions(TimeSpan cooldown) => Cooldown = cooldown;

    /// <summary>The shortest time between two incidents that cause dumps. An incident that begins earlier causes none. Zero for no limit.</summary>
    public TimeSpan Cooldown { get; init => field = OptionValue.NotNegative(value, nameof(Cooldown)); }

    /// <summary>How many dumps this trigger takes in any hour; 20 by default. After the last one, a line on standard error says so.</summary>
    public int MaxDumpsPerHour
    { get; init => field = OptionValue.Positive(value, nameof(MaxDumpsPerHour)); } = 20;
}
