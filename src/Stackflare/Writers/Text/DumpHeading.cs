using System.Globalization;
using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>The first lines of the text formats, and the last one.</summary>
internal static class DumpHeading
{
    public static void AppendHeading(RenderBuffer buffer, DumpView view)
    {
        ThreadDump dump = view.Dump;
        var process = dump.Process;
        buffer.Begin(TextRole.Heading).Append("Thread dump of ").Append(EscapedText.Plain(process.Name)).Append(" (pid ").Append(process.Id).Append(") at ")
            .Append(dump.CapturedAt.ToString("yyyy-MM-dd HH:mm:ss.fff zzz", CultureInfo.InvariantCulture)).End();
        if (dump.Reason is { } reason)
            buffer.Append(": ").Append(EscapedText.Plain(reason.Text));
        buffer.AppendLine();

        buffer.Append(".NET ").Append(process.RuntimeVersion?.ToString() ?? "(version not known)").Append(' ').Append(EscapedText.Plain(process.Platform));
        if (process.Uptime is { } uptime)
            buffer.Append(", up ").Append(Durations.Long(uptime));
        buffer.Append(", ");
        AppendThreads(buffer, dump.HasStacks ? dump.Threads.Count : dump.RuntimeThreads.Count);
        List<StackGroup> shared = [.. view.Sections.Entries.Select(static e => e.Threads).OfType<StackGroup>().Where(static g => g.Threads.Count > 1)];
        AppendInBrackets(buffer, Shown(shared.Sum(static g => g.Threads.Count), shared.Count), Part("", view.Sections.IdleThreadCount, " idle in the framework"));
        if (dump.AsyncStacks.Count > 0)
        {
            buffer.Append(", ").AppendCount(dump.AsyncStacks.Count).Append(dump.AsyncStacks.Count == 1 ? " async stack" : " async stacks");
            List<AsyncStackGroup> shown = [.. view.Async.Shown];
            long count = shown.Sum(static g => g.Count);
            AppendInBrackets(buffer, shown.Count < count ? Shown(count, shown.Count) : null, Part("", view.Async.Idle.Sum(static g => g.Count), " of the framework only"));
        }
        if (!dump.HasStacks)
            buffer.Append(", no stacks");
        else if (dump.Timings.Pause > TimeSpan.Zero)
            buffer.Append(", paused ").Append(Durations.Pause(dump.Timings.Pause));
        buffer.AppendLine();

        if (dump.ThreadPool is { } pool)
            AppendPool(buffer, pool);
        UnchangedText.AppendSum(buffer, view);
        foreach (string note in dump.Notes)
            buffer.Begin(TextRole.Warning).Append("Note: ").Append(EscapedText.Plain(note)).End().AppendLine();
    }

    /// <summary>Writes one line with everything that was left out; false if nothing was.</summary>
    /// <param name="buffer">The destination.</param>
    /// <param name="view">What was shown.</param>
    /// <param name="hiddenAsync">Number of hidden frames of async methods.</param>
    /// <param name="dialect">The format.</param>
    public static bool AppendNotShown(RenderBuffer buffer, DumpView view, long hiddenAsync, TextDialect dialect)
    {
        string before = "Not shown: ";
        if (view.Stacks.OwnThreads is var own and > 0)
        {
            buffer.Append(before).AppendCount(own).Append(own == 1 ? " thread of Stackflare" : " threads of Stackflare");
            before = ", ";
        }
        if (view.HiddenNativeThreads is { Count: > 0 } native)
        {
            buffer.Append(before).AppendCount(native.Count).Append(native.Count == 1 ? " native thread (" : " native threads (");
            NameSummary.Append(buffer, native.Select(static t => t.Name));
            buffer.Append(')');
            before = ", ";
        }
        long hidden = view.Stacks.HiddenFrames + hiddenAsync;
        if (hidden > 0)
        {
            buffer.Append(before).AppendCount(hidden).Append(hidden == 1 ? " hidden frame" : " hidden frames");
            before = ", ";
        }
        if (before != ", ")
            return false;
        buffer.Append(". ").Append(dialect.ShowsAll).Append(" shows them.").AppendLine();
        return true;
    }

    /// <summary>
    /// For example <c>Thread pool: 12 workers (min 2, max 32,767), 40 queued, 1,234 completed</c>, without values that are not known.
    /// </summary>
    private static void AppendPool(RenderBuffer buffer, ThreadPoolState pool)
    {
        string?[] limits = [Part("", pool.Working, " at work"), Part("min ", pool.Min), Part("max ", pool.Max)];
        string inBrackets = string.Join(", ", limits.OfType<string>());
        string? workers = Part("", pool.Workers, pool.Workers == 1 ? " worker" : " workers");
        if (inBrackets.Length > 0)
            workers = $"{workers ?? "workers"} ({inBrackets})";
        string text = string.Join(", ", ((string?[])[workers, Part("", pool.Queued, " queued"), Part("", pool.Completed, " completed")]).OfType<string>());
        if (text.Length > 0)
            buffer.Append("Thread pool: ").Append(text).AppendLine();
        if (pool.QueuedWork.Count > 0)
            buffer.Append("Queued: ").Append(Queued(pool)).AppendLine();
        if (pool.DueTimers.Count > 0)
            buffer.Append("Timers due: ").Append(Due(pool)).AppendLine();
    }

    /// <summary>For example <c>12, the oldest for 31 s: 8 MyApp.Cache.Refresh, 3 Task.Delay, 1 more</c>.</summary>
    private static string Due(ThreadPoolState pool)
    {
        const int Most = 3;
        DueTimers[] shown = [.. pool.DueTimers.Where(static t => t.Callback is not null).Take(Most)];
        long all = pool.DueTimers.Sum(static t => t.Count), more = all - shown.Sum(static t => t.Count);
        IEnumerable<string> names = shown.Select(static t => Part("", t.Count, " " + EscapedText.Plain(t.Callback!))!);
        string list = string.Join(", ", more > 0 && shown.Length > 0 ? names.Append(Part("", more, " more")!) : names);
        return Part(pool.HasMoreDueTimers ? "at least " : "", all, $", the oldest for {Durations.Long(pool.DueTimers.Max(static t => t.Late))}") + (list.Length > 0 ? ": " + list : "");
    }

    /// <summary>For example <c>140 async method MyApp.Orders.LoadAsync, 10 System.Threading.Tasks.Task, 2 more</c>.</summary>
    private static string Queued(ThreadPoolState pool)
    {
        const int Most = 3;
        IEnumerable<string> work = pool.QueuedWork.Take(Most).Select(static w => Part("", w.Count, " " + LockLines.Type(w.Type))!);
        long seen = pool.QueuedWork.Sum(static w => w.Count), more = seen - pool.QueuedWork.Take(Most).Sum(static w => w.Count);
        return (seen < pool.Queued ? Part("of ", seen, " looked at: ") : "") + string.Join(", ", more > 0 ? work.Append(Part("", more, " more")!) : work);
    }

    private static string? Shown(long count, int groups) =>
        groups == 0 ? null : FormattableString.Invariant($"{count:N0} shown as {DiagnosisText.Count(groups, "group")}");

    private static void AppendInBrackets(RenderBuffer buffer, params string?[] parts)
    {
        string text = string.Join(", ", parts.Where(static p => p is not null && !p.StartsWith("0 ", StringComparison.Ordinal)));
        if (text.Length > 0)
            buffer.Append(" (").Append(text).Append(')');
    }

    private static string? Part(string before, long? number, string after = "") =>
        number is { } known ? string.Create(CultureInfo.InvariantCulture, $"{before}{known:N0}{after}") : null;

    public static void AppendThreads(RenderBuffer buffer, int count) => buffer.AppendCount(count).Append(count == 1 ? " thread" : " threads");
}
