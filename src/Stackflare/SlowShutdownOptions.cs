namespace Stackflare;

/// <summary>
/// Options of <see cref="Flare.OnSlowShutdown"/>. With <see cref="AsyncStackMode.Auto"/>, the default, the dump looks for async methods for
/// 250 ms at most, because a process that must end may pause. Immutable.
/// </summary>
public sealed record SlowShutdownOptions : TriggerOptions
{
    /// <summary>
    /// How long the process may take to end before it is killed; 30 seconds by default, as the shutdown timeout of a host and the grace period of
    /// Kubernetes. The dump is taken when <see cref="DumpAt"/> of it has passed.
    /// </summary>
    public TimeSpan Timeout
    { get; init => field = OptionValue.Positive(value, nameof(Timeout)); } = TimeSpan.FromSeconds(30);

    /// <summary>The part of <see cref="Timeout"/> after which the dump is taken, between 0 and 1; 0.8 by default.</summary>
    public double DumpAt
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value, nameof(DumpAt));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1, nameof(DumpAt));
            field = value;
        }
    } = 0.8;
}
