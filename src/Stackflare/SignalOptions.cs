namespace Stackflare;

/// <summary>Options of <see cref="Flare.OnSignal"/>. Immutable.</summary>
public sealed record SignalOptions : TriggerOptions
{
    /// <summary>The signal; SIGUSR1 by default.</summary>
    public Signal Signal { get; init; } = Signal.Usr1;

    /// <summary>
    /// Whether the previous signal handler is called as well; false by default. A default action of the system is never executed. Has no effect on
    /// SIGTERM, which the program always handles as well.
    /// </summary>
    public bool Chain { get; init; }
}
