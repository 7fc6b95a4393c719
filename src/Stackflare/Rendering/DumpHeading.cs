using System.Globalization;

namespace Stackflare.Rendering;

/// <summary>What the text formats say before the first thread and after the last.</summary>
internal static class DumpHeading
{
    public static void AppendHeading(RenderBuffer buffer, ThreadDump dump, RenderPlan plan)
    {
        var process = dump.Process;
        buffer.Append("Thread dump of ").Append(EscapedText.Plain(process.Name)).Append(" (pid ").Append(process.Id).Append(") at ")
            .Append(dump.CapturedAt.ToString("yyyy-MM-dd HH:mm:ss.fff zzz", CultureInfo.InvariantCulture)).AppendLine();

        buffer.Append(".NET ").Append(process.RuntimeVersion?.ToString() ?? "(version not known)").Append(' ').Append(EscapedText.Plain(process.Platform));
        if (process.Uptime is { } uptime)
            buffer.Append(", up ").Append(Durations.Long(uptime));
        buffer.Append(", ");
        AppendThreads(buffer, dump.HasStacks ? dump.Threads.Count : dump.RuntimeThreads.Count);
        if (plan.SharedStacks > 0)
        {
            buffer.Append(" (").AppendCount(plan.GroupedThreads).Append(" shown as ").AppendCount(plan.SharedStacks)
                .Append(plan.SharedStacks == 1 ? " group)" : " groups)");
        }
        if (dump.HasStacks)
            buffer.Append(", paused ").Append(Durations.Pause(dump.Timings.Pause)).AppendLine();
        else
            buffer.Append(", no stacks").AppendLine();

        foreach (string note in dump.Notes)
            buffer.Append("Note: ").Append(EscapedText.Plain(note)).AppendLine();
    }

    /// <summary>Accounts for everything that was left out, in one line; false if nothing was.</summary>
    public static bool AppendNotShown(RenderBuffer buffer, ThreadDump dump, RenderPlan plan, RenderOptions options)
    {
        string before = "Not shown: ";
        if (plan.OwnThreads > 0)
        {
            buffer.Append(before).AppendCount(plan.OwnThreads)
                .Append(plan.OwnThreads == 1 ? " thread of Stackflare" : " threads of Stackflare");
            before = ", ";
        }
        if (!options.All && dump.HasStacks && dump.RuntimeThreads.Count > 0)
        {
            buffer.Append(before).AppendCount(dump.RuntimeThreads.Count)
                .Append(dump.RuntimeThreads.Count == 1 ? " native thread (" : " native threads (");
            NameSummary.Append(buffer, dump.RuntimeThreads.Select(static t => t.Name));
            buffer.Append(')');
            before = ", ";
        }
        if (plan.HiddenFrames > 0)
        {
            buffer.Append(before).AppendCount(plan.HiddenFrames).Append(plan.HiddenFrames == 1 ? " hidden frame" : " hidden frames");
            before = ", ";
        }
        if (before != ", ")
            return false;
        buffer.Append(". ").Append(options.AllIsSaid).Append(" shows them.").AppendLine();
        return true;
    }

    public static void AppendThreads(RenderBuffer buffer, int count) => buffer.AppendCount(count).Append(count == 1 ? " thread" : " threads");
}
