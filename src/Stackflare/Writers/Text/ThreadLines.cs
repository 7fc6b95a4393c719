using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>The lines of the text formats about the threads of a group.</summary>
internal static class ThreadLines
{
    /// <summary>A group with more threads is shortened.</summary>
    internal const int MaxInFull = FirstScreen.ThreadsInFull;

    /// <summary>How many threads of a shortened group have their own lines.</summary>
    private const int InFullWhenShortened = 4;

    /// <summary>How many threads of the group have their own lines.</summary>
    public static int InFull(StackGroup group, RenderOptions options) =>
        options.ShowHidden || group.Threads.Count <= MaxInFull ? group.Threads.Count : InFullWhenShortened;

    /// <summary>How other parts of the dump refer to a thread: <c>"worker" #7</c>.</summary>
    public static string Reference(DumpThread thread) => DiagnosisText.Describe(thread, EscapedText.Quoted(thread.DisplayName));

    /// <summary>The same at the beginning of a line, with the name in the theme's style.</summary>
    public static string Subject(DumpThread thread, TextTheme? theme)
    {
        string name = $"\"{EscapedText.Quoted(thread.DisplayName)}\"";
        return theme.Mark(TextRole.ThreadName, name) + Reference(thread)[name.Length..];
    }

    /// <summary>
    /// One line for the remaining threads. Ids are complete, as ranges. Names are shortened and counted. Processor time is the sum.
    /// </summary>
    public static void AppendRest(RenderBuffer buffer, StackGroup group, int inFull)
    {
        var rest = group.Threads[inFull..];
        if (rest.Count == 0)
            return;

        AppendSummary(buffer, FormattableString.Invariant($"... and {rest.Count:N0} more"), rest);
        buffer.AppendLine();
    }

    /// <summary>The same for any threads, without the end of the line.</summary>
    public static void AppendSummary(RenderBuffer buffer, string subject, List<DumpThread> rest)
    {
        buffer.Append(subject).Append(": ");
        NameSummary.Append(buffer, rest.Select(static t => t.DisplayName));

        var managed = rest.Where(static t => t.ManagedId is not null).Select(static t => t.ManagedId!.Value.Value);
        AppendRanges(buffer, "; #", managed);
        AppendRanges(buffer, "; tid=", rest.Select(static t => t.OsId.Value));
        AppendShare(buffer, rest, "background", static t => t.IsBackground is true);
        AppendShare(buffer, rest, "pool", static t => t.IsThreadPool is true);

        if (rest.Exists(static t => t.CpuTime is not null))
        {
            var sum = TimeSpan.FromMilliseconds(rest.Sum(static t => t.CpuTime.GetValueOrDefault().TotalMilliseconds));
            buffer.Append("; cpu=").Append(Durations.Cpu(sum)).Append(" in total");
        }
    }

    /// <summary>The word for what the thread was doing; empty if not known.</summary>
    public static string Word(ThreadActivity activity) => activity switch
    {
        ThreadActivity.Running => "running",
        ThreadActivity.Waiting => "waiting",
        ThreadActivity.Sleeping => "sleeping",
        ThreadActivity.Blocked => "blocked",
        ThreadActivity.Stopped => "stopped",
        _ => "",
    };

    private static void AppendRanges(RenderBuffer buffer, string label, IEnumerable<int> ids)
    {
        int[] sorted = [.. ids];
        Array.Sort(sorted);
        for (int i = 0; i < sorted.Length;)
        {
            int last = i;
            while (last + 1 < sorted.Length && sorted[last + 1] - sorted[last] == 1)
                last++;
            buffer.Append(i == 0 ? label : ",").Append(sorted[i]);
            if (last > i)
                buffer.Append('-').Append(sorted[last]);
            i = last + 1;
        }
    }

    private static void AppendShare(RenderBuffer buffer, List<DumpThread> threads, string label, Func<DumpThread, bool> has)
    {
        int count = threads.Count(has);
        if (count == 0)
            return;
        buffer.Append("; ");
        if (count < threads.Count)
            buffer.AppendCount(count).Append(' ');
        buffer.Append(label);
    }
}
