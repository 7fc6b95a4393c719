using System.Diagnostics;
using System.Runtime.CompilerServices;
using Stackflare.Interop;
using Stackflare.Writers;

namespace Stackflare.Triggers;

/// <summary>Takes a dump if a scope is not left in time. Cheap enough for each request of a server: no file is looked at, and no thread is created.</summary>
internal static class DeadlineScope
{
    /// <summary>For a program that makes up places; those beyond share one budget.</summary>
    private const int MaxPlaces = 1000;

    /// <summary>Options are checked once, not for each scope.</summary>
    private static readonly ConditionalWeakTable<DumpAfterOptions, DumpTaker> Takers = [];

    private static readonly DumpAfterOptions Default = new();
    /// <summary>Used by the watch thread only.</summary>
    private static readonly Dictionary<(string File, int Line), WatchBudget> Budgets = [];

    /// <param name="timeout">How long the scope may last.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <param name="member">The method that has the scope.</param>
    /// <param name="file">Its file.</param>
    /// <param name="line">Its line.</param>
    /// <exception cref="StackflareException">This process cannot be dumped, or the output cannot be written; the error says why.</exception>
    public static IDisposable Begin(TimeSpan timeout, DumpAfterOptions? options, string member, string file, int line)
    {
        options ??= Default;
        DumpTaker taker = Takers.GetValue(options, CreateTaker);
        Activity? activity = Activity.Current;
        TimeSpan passed = TimeSpan.Zero;
        return WatchThread.Shared.Set(timeout, ownThread =>
        {
            passed += timeout;
            // Many scopes of one place are due at about the same time, each time.
            if (BudgetFor(options, file, line).TryTake(options.Repeat && timeout / 2 < options.Cooldown ? timeout / 2 : options.Cooldown))
            {
                string text = FormattableString.Invariant($"{member} in {file}:line {line} has taken {Durations.AtMost(passed)}");
                taker.Take(new DumpReason { Kind = DumpReasonKind.Deadline, Text = text, TraceId = TraceIds.Of(activity) }, ownThread);
            }
            if (options.ExitCode is { } code)
                Posix.ExitNow(code);
            return options.Repeat ? timeout : null;
        });
    }

    private static DumpTaker CreateTaker(DumpAfterOptions options)
    {
        var taker = new DumpTaker(options);
        taker.WarmUpSoon();
        return taker;
    }

    /// <summary>A place that is reached often must not use up what others need.</summary>
    private static WatchBudget BudgetFor(DumpAfterOptions options, string file, int line)
    {
        (string, int) place = Budgets.Count < MaxPlaces || Budgets.ContainsKey((file, line)) ? (file, line) : ("", 0);
        if (!Budgets.TryGetValue(place, out WatchBudget? budget))
            Budgets[place] = budget = new WatchBudget(options, place == ("", 0) ? "scopes" : FormattableString.Invariant($"{file}:line {line}"));
        return budget;
    }
}
