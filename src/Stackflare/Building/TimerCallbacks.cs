using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Building;

/// <summary>Names what late timers would call.</summary>
internal static class TimerCallbacks
{
    private const string CoreLib = "System.Private.CoreLib.dll";

    /// <summary>The framework's own timers, by the type of their state: its callbacks are lambdas, and say less than what the program called.</summary>
    private static readonly (string State, string Name)[] OfFramework =
    [
        ("System.Threading.Tasks.Task.DelayPromise", "Task.Delay"),
        ("System.Threading.Tasks.Task.DelayPromiseWithCancellation", "Task.Delay"),
        ("System.Threading.Tasks.Task.CancellationPromise`1", "Task.WaitAsync"),
        ("System.Threading.CancellationTokenSource", "CancellationTokenSource.CancelAfter"),
        ("System.Threading.PeriodicTimer.State", "PeriodicTimer"),
    ];

    /// <summary>The late timers of a snapshot, by name.</summary>
    public static DueTimers[] Of(Snapshot snapshot, SymbolSession session) =>
    [
        .. snapshot.DueTimers.GroupBy(t => NameOf(t, snapshot, session), StringComparer.Ordinal)
            .Select(static g => new DueTimers(g.Key, g.Sum(static t => (long)t.Count), g.Max(static t => t.Late)))
            .OrderByDescending(static t => t.Count),
    ];

    private static string? NameOf(SnapshotDueTimers timers, Snapshot snapshot, SymbolSession session)
    {
        if (timers.State is { } state && session.Module(snapshot.Types[state].Module) is { Identity.Name: CoreLib } module
            && module.Symbols.TypeName(snapshot.Types[state].Token) is { } type && Array.Find(OfFramework, f => f.State == type) is { Name: { } known })
        {
            return known;
        }
        MethodName? method = timers.Callback is { } callback ? session.NameOfMethod(callback) : null;
        return method is { DeclaringType: "System.Timers.Timer" } ? method.DeclaringType : method?.FullName;
    }
}
