using Stackflare.Model;
using Stackflare.Writers.Text;

namespace Stackflare.Writers.Html;

/// <summary>A frame as the page shows it. All texts are free of control characters, but not yet escaped for HTML.</summary>
internal readonly struct PageFrame
{
    public PageFrame(DumpFrame frame)
    {
        // Native frames are not a method and have no parameters.
        Method = EscapedText.Plain(frame.Kind is FrameKind.Native ? frame.Method.FullName : frame.Method.ToString());
        if (frame.Source is not { } source)
            return;
        (File, Line, IsApproximate, Source) = (EscapedText.Plain(source.Path), source.Line, source.IsApproximate, SourceLine.Find(source));
    }

    public string Method { get; }

    /// <summary>The path of the source file; null if not known.</summary>
    public string? File { get; }

    /// <summary>From 1; 0 if not known.</summary>
    public int Line { get; }

    public bool IsApproximate { get; }

    /// <summary>The text of the line; null if not known.</summary>
    public string? Source { get; }
}
