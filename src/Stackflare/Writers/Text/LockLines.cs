using System.Text;
using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>The lock and wait notes as lines, for all threads of a group at once.</summary>
/// <param name="reference">Returns the reference to another thread.</param>
/// <param name="indentation">The beginning of each line.</param>
/// <param name="theme">How a wait for a lock is shown.</param>
internal sealed class LockLines(Func<DumpThread, string> reference, string indentation, TextTheme? theme = null)
{
    /// <summary>Up to this many threads are named; of more, only two.</summary>
    private const int MaxNames = 3;

    /// <summary>The line of a note, with its line feed.</summary>
    /// <param name="group">Threads with notes.</param>
    /// <param name="index">The index of the note.</param>
    public string Line(StackGroup group, int index)
    {
        LockNote note = group.Notes![0][index];
        string line = indentation + (note.Held is { } held ? Locked(group, index, held, note) : Waiting(group, index, note.Wait!));
        bool isForLock = note.Wait?.Kind
            is WaitKind.MonitorEnter or WaitKind.LockEnter or WaitKind.ReadLock or WaitKind.UpgradeableReadLock or WaitKind.WriteLock;
        return (isForLock ? theme.Mark(TextRole.Warning, line) : line) + "\n";
    }

    /// <summary>How long a thread has waited, and its time limit, as the end of a line; empty if not known.</summary>
    public static string Times(DumpWait wait) => AtLeast(wait.AtLeast, wait.AtLeast) + AtMost(wait.Timeout);

    /// <summary>With quotes escaped, because only names of threads are in quotes.</summary>
    public static string Type(string type) => EscapedText.Quoted(type);

    private string Waiting(StackGroup group, int index, DumpWait wait)
    {
        var line = new StringBuilder("- waiting ").Append(DiagnosisText.Purpose(wait.Kind)).Append(' ');
        if (wait.Joined is { } joined)
            return line.Append(reference(joined)).Append(Times(group, index)).ToString();

        if (wait.IsForRuntime)
            return line.Append(DiagnosisText.Unit(wait, Type)).Append(", run by ").Append(References(wait.WaitsFor, reference)).Append(Times(group, index)).ToString();

        line.Append(Object(group, index));
        if (wait.Kind == WaitKind.Task)
            return line.Append(wait.WaitsFor.Count > 0 ? ", which needs " + References(wait.WaitsFor, reference) : "").Append(Times(group, index)).ToString();
        // Each of several upgrading readers waits for the others.
        IReadOnlyList<DumpThread> others = group.Threads.Count > 1 && wait is { Kind: WaitKind.WriteLock, Lock: { Owner: null, Readers: { Count: > 0 } readers } }
            ? readers
            : wait.WaitsFor;
        if (others.Count > 0)
            line.Append(' ').Append(DiagnosisText.Relation(wait)).Append(' ').Append(References(others, reference));
        else if (wait is { Lock.IsAbandoned: true, Kind: not WaitKind.MonitorWait })
            line.Append(" held by a thread that has ended");
        return line.Append(Times(group, index)).ToString();
    }

    private static string Locked(StackGroup group, int index, HeldLock held, in LockNote note)
    {
        var line = new StringBuilder("- locked ").Append(Object(group, index));
        if (held.IsShared)
            line.Append(" for reading");
        if (note.Times > 1)
            line.Append(", ").Append(DiagnosisText.Count(note.Times, "time")).Append(note.IsOnly ? "" : " in total");
        DumpThread holder = group.First;
        int waiters = group.Threads.Count == 1 ? held.Lock.Waiters.Count(t => t != holder) : held.Lock.Waiters.Count;
        if (waiters > 0)
            line.Append(", wanted by ").Append(DiagnosisText.Count(waiters, "thread"));
        if (held.FrameIndex is null)
            line.Append(", by a frame that is not known");
        return line.ToString();
    }

    /// <summary>The object, if it is the same for all threads of the group; otherwise their number.</summary>
    private static string Object(StackGroup group, int index)
    {
        LockNote note = group.Notes![0][index];
        int distinct = group.Threads.Count == 1 ? 1 : group.Notes.Select(n => n[index].Address).Distinct().Count();
        string? type = note.Type is null ? null : Type(note.Type);
        string of = type is null ? "object" : $"({type})";
        return distinct == 1 ? DiagnosisText.Describe(note.Address!.Value, type)
            : distinct == group.Threads.Count ? $"a different {of} in each thread"
            : FormattableString.Invariant($"one of {distinct:N0} {(type is null ? "objects" : of)}");
    }

    private static string Times(StackGroup group, int index)
    {
        if (group.Threads.Count == 1)
            return Times(group.Notes![0][index].Wait!);
        TimeSpan?[] sofar = [.. group.Notes!.Select(n => n[index].Wait!.AtLeast)];
        TimeSpan?[] limits = [.. group.Notes!.Select(n => n[index].Wait!.Timeout)];
        // If one thread has no limit, or its limit is not known, the group has no limit.
        bool areLimited = Array.TrueForAll(limits, static t => t >= TimeSpan.Zero);
        return AtLeast(Array.Exists(sofar, static t => t is null) ? null : sofar.Min(), sofar.Max()) + (areLimited ? AtMost(limits.Max()) : "");
    }

    private static string AtLeast(TimeSpan? shortest, TimeSpan? longest)
    {
        if (longest is null || longest < TimeSpan.FromSeconds(1))
            return "";
        string time = Durations.Long(longest.Value);
        return shortest is { } least && Durations.Long(least) == time ? $", for at least {time}" : $", the longest for at least {time}";
    }

    private static string AtMost(TimeSpan? limit) => limit is { } time && time >= TimeSpan.Zero ? $", at most {Durations.AtMost(time)}" : "";

    /// <summary>A short list of threads: <c>"a" #1, "b" #2 and 7 more</c>.</summary>
    public static string References(IReadOnlyList<DumpThread> threads, Func<DumpThread, string> reference)
    {
        int named = threads.Count <= MaxNames ? threads.Count : 2;
        var text = new StringBuilder();
        for (int i = 0; i < named; i++)
        {
            string before = i == 0 ? "" : i == threads.Count - 1 ? " and " : ", ";
            text.Append(before).Append(reference(threads[i]));
        }
        if (named < threads.Count)
            text.Append(FormattableString.Invariant($" and {threads.Count - named:N0} more"));
        return text.ToString();
    }
}
