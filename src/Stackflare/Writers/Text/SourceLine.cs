using Stackflare.Model;

namespace Stackflare.Writers.Text;

/// <summary>What stands under a frame's location in the text formats.</summary>
internal static class SourceLine
{
    /// <summary>The source text; a remark where the reader would else look at another version of the file; null for nothing to say.</summary>
    public static string? Find(SourceLocation source) => source switch
    {
        { Text: { Length: > 0 } text } => EscapedText.Source(text),
        { TextOrigin: SourceTextOrigin.FileChanged } => "(source changed)",
        _ => null,
    };
}
