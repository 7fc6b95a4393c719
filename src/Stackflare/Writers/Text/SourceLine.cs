using Stackflare.Model;

namespace Stackflare.Writers.Text;

/// <summary>The line below a frame's location in the text formats.</summary>
internal static class SourceLine
{
    /// <summary>The source text; or a warning if the file on disk is another version; null for no line.</summary>
    public static string? Find(SourceLocation source) => source switch
    {
        { Text: { Length: > 0 } text } => EscapedText.Source(text),
        { TextOrigin: SourceTextOrigin.FileChanged } => "(source changed)",
        _ => null,
    };
}
