using Stackflare.Outputs;

namespace Stackflare.Triggers;

/// <summary>The limits of a trigger that nobody asked at the moment. Not thread-safe.</summary>
/// <param name="options">The limits.</param>
/// <param name="watched">What is watched, for the line that says that an hour's dumps are used up.</param>
internal sealed class WatchBudget(WatchOptions options, string watched)
{
    private readonly DumpBudget _budget = new(options.MaxDumpsPerHour);

    /// <summary>Counts a dump; false if it must not be taken. Says once if it must not because the hour's dumps are used up.</summary>
    /// <param name="cooldown">The shortest time since the last dump; null for that of the options.</param>
    public bool TryTake(TimeSpan? cooldown = null)
    {
        if (_budget.TryTake(WatchThread.Shared.Now, cooldown ?? options.Cooldown))
            return true;
        if (_budget.IsFirstRefusal)
        {
            StandardStreamOutput.TryWriteLine(FormattableString.Invariant(
                $"stackflare: no more thread dumps for {watched} at present: {options.MaxDumpsPerHour} were taken in the last hour"));
        }
        return false;
    }
}
