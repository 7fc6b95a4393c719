using Stackflare.Snapshots.Format;

namespace Stackflare.Cli;

/// <summary>Rewords a dump's notes to name the tool's options instead of the library's.</summary>
internal static class ToolNotes
{
    public static ThreadDump Reword(ThreadDump dump, string asyncOption) =>
        dump with { Notes = [.. dump.Notes.Select(n => n.Replace(CaptureNotes.AsyncHint, $"{asyncOption} includes them anyway.", StringComparison.Ordinal))] };
}
