using System.Text;
using Stackflare.Analysis;
using Stackflare.Views;
using Stackflare.Writers.Text;

namespace Stackflare.Writers.Html;

/// <summary>What the text formats say of the threads and async stacks at the end of a path, as lines.</summary>
internal sealed class EndLines(DumpView view)
{
    public string[] Of(StackEntry entry)
    {
        using var bytes = new PooledBytes();
        var parts = new TextParts(view, PageResources.TextStyle, bytes, outermostFirst: true);
        new TreeEnds(view, parts, new FrameLines(parts.Buffer, view.Options, parts.Dialect)).Append(entry, before: "");
        string[] lines = Encoding.UTF8.GetString(bytes.Written).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < lines.Length; i++)
            lines[i] = lines[i][TextParts.Indentation.Length..];
        return entry.Async is { Count: var count } ? [.. lines, $"= {DiagnosisText.Count(count, "async stack")}"] : lines;
    }
}
