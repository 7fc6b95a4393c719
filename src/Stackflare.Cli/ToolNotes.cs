using Stackflare.Snapshots.Format;

namespace Stackflare.Cli;

/// <summary>A dump's notes with what to do in terms of the tool's options: the library knows its own only.</summary>
internal static class ToolNotes
{
    public static ThreadDump Reword(ThreadDump dump, string asyncOption) =>
        dump with { Notes = [.. dump.Notes.Select(n => n.Replace(CaptureNotes.AsyncHint, $"{asyncOption} looks for them all the same.", StringComparison.Ordinal))] };
}
