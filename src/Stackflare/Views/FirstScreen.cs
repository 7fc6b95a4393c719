using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>
/// Plans the first screen of a dump: the verdict, its evidence, and the places where most of the program is. The more problems there are, the less of
/// each is shown. The lines are estimated as the text format writes them; other formats may need more.
/// </summary>
internal sealed class FirstScreen
{
    /// <summary>The number of lines.</summary>
    internal const int Lines = 40;

    /// <summary>A group with more threads is shortened, so that it has at most so many lines for them.</summary>
    internal const int ThreadsInFull = 8;

    /// <summary>Requests that are listed at most, and the lines that their list has besides.</summary>
    internal const int MaxRequests = 5, RequestHeading = 3;

    /// <summary>From the most generous to the shortest.</summary>
    private static readonly DiagnosisLimits[] Limits = [DiagnosisLimits.Max, new(8, 8, 10), new(4, 6, 6), new(3, 4, 5), new(2, 4, 4), new(2, 2, 3), new(1, 2, 2), new(1, 2, 1)];

    public FirstScreen(DumpView view)
    {
        ThreadDump dump = view.Dump;
        List<ProgramPlace> places = ProgramPlaces.In(dump, view.Sections.Entries);
        int heading = 3 + LinesOf(dump.ThreadPool) + (dump.Unchanged is null ? 0 : 1) + dump.Notes.Count;
        int left = Lines - heading;
        Diagnosis = DiagnosisLimits.None;
        if (!view.Options.ShowHidden)
        {
            int forPlaces = LinesOf(places);
            Diagnosis = Array.Find(Limits, limits => LinesOf(dump, limits) + forPlaces <= left) is { Deadlocks: > 0 } fitting ? fitting : Limits[^1];
        }
        left -= LinesOf(dump, Diagnosis);
        Requests = dump.Requests.Count;
        if (Requests > 0 && !view.Options.ShowHidden)
        {
            Requests = Math.Min(Requests, Math.Clamp(left - LinesOf(places) - RequestHeading, 1, MaxRequests));
            left -= Requests + RequestHeading;
        }
        Places = AreOnScreen(view, places, left) ? [] : places;
    }

    public DiagnosisLimits Diagnosis { get; }

    /// <summary>The places; empty if the stacks at these places begin on the screen, so that a list would only repeat them.</summary>
    public IReadOnlyList<ProgramPlace> Places { get; }

    /// <summary>How many requests are listed.</summary>
    public int Requests { get; }

    private static int LinesOf(List<ProgramPlace> places) => places.Count == 0 ? 0 : places.Count + 2;

    private static int LinesOf(ThreadDump dump, DiagnosisLimits limits)
    {
        int lines = dump.Deadlocks.Count > limits.Deadlocks ? 2 : 0;
        foreach (Deadlock deadlock in dump.Deadlocks.Take(limits.Deadlocks))
            lines += 2 + deadlock.Steps.Take(limits.Steps).Sum(static s => 1 + LinesOf(s.Frame) + (DeadlockFindings.ContextOf(s) is null ? 0 : 1)) + (deadlock.Steps.Count > limits.Steps ? 1 : 0);
        int findings = dump.Findings.Where(static f => f.Kind != FindingKind.Deadlock).Sum(f => 1 + Math.Min(f.Evidence.Count, limits.Evidence) + (f.Evidence.Count > limits.Evidence ? 1 : 0));
        return findings == 0 ? lines : lines + findings + 2;
    }

    private static int LinesOf(ThreadPoolState? pool) => pool is null ? 0 : 1 + (pool.QueuedWork.Count > 0 ? 1 : 0) + (pool.DueTimers.Count > 0 ? 1 : 0);

    private static bool AreOnScreen(DumpView view, List<ProgramPlace> places, int left)
    {
        var awaited = new HashSet<DumpFrame>(places.Select(static p => p.Frame), SameFrame.Comparer);
        foreach (StackEntry entry in view.Sections.Entries)
        {
            if (awaited.Count == 0 || left < 0)
                break;
            left -= entry.Threads is { } group ? 1 + Math.Min(group.Threads.Count, ThreadsInFull) + (group.Notes?[0].Length ?? 0) : 2 + Math.Min(entry.Async!.Wait.Unfinished.Count, AsyncGroups.Branches);
            if (IsOnScreen(view, entry, ref left))
                awaited.Remove(entry.Place!);
        }
        return awaited.Count == 0;
    }

    /// <summary>Whether the screen ends after the place of the entry; subtracts the lines of its stack.</summary>
    private static bool IsOnScreen(DumpView view, StackEntry entry, ref int left)
    {
        IEnumerable<DumpFrame> frames = entry.Threads is { } threads ? view.Sections.FramesOf(threads) : VisibleFrames.Of(entry.Async!.First.Frames, view.Options.ShowHidden);
        DumpFrame? last = null;
        bool isSeen = false;
        foreach (DumpFrame frame in frames.Take(Lines))
        {
            // A recursion is folded.
            if (ReferenceEquals(frame, last))
                continue;
            last = frame;
            left -= LinesOf(frame);
            isSeen |= left >= 0 && ReferenceEquals(frame, entry.Place);
        }
        return isSeen;
    }

    private static int LinesOf(DumpFrame? frame) => frame is null ? 0 : frame.Source?.Text is { Length: > 0 } ? 2 : 1;
}
