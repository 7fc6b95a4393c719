namespace Stackflare.Views;

/// <summary>How much of the diagnosis is shown; the rest is counted.</summary>
/// <param name="Deadlocks">Number of deadlocks.</param>
/// <param name="Steps">Number of steps of each deadlock; at least 2.</param>
/// <param name="Evidence">Number of lines of evidence for each finding.</param>
internal readonly record struct DiagnosisLimits(int Deadlocks, int Steps, int Evidence)
{
    public static DiagnosisLimits None { get; } = new(int.MaxValue, int.MaxValue, int.MaxValue);

    /// <summary>Most of what is shown by default.</summary>
    public static DiagnosisLimits Max { get; } = new(8, 20, 20);
}
