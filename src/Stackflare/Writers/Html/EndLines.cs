using Stackflare.Analysis;
using Stackflare.Views;
using Stackflare.Writers.Text;

namespace Stackflare.Writers.Html;

/// <summary>What the text formats say of the threads and async stacks at the end of a path, as lines. Each is made once.</summary>
internal sealed class EndLines(TextPieces text, DumpView view)
{
    private readonly TreeEnds _ends = new(view, text.Parts, new FrameLines(text.Parts.Buffer, view.Options, text.Parts.Dialect));
    private readonly Dictionary<StackEntry, string[]> _lines = new(ReferenceEqualityComparer.Instance);

    public string[] Of(StackEntry entry)
    {
        if (_lines.TryGetValue(entry, out string[]? lines))
            return lines;
        _ends.Append(entry, before: "");
        lines = text.Take().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < lines.Length; i++)
            lines[i] = lines[i][TextParts.Indentation.Length..];
        if (entry.Async is { Count: var count })
            lines = [.. lines, $"= {DiagnosisText.Count(count, "async stack")}"];
        _lines.Add(entry, lines);
        return lines;
    }
}
