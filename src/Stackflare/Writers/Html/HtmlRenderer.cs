using Stackflare.Model;
using Stackflare.Views;
using Stackflare.Writers.Profiles;

namespace Stackflare.Writers.Html;

/// <summary>
/// One file for a browser, which loads nothing from outside. It begins with what the text formats say first, and has the stacks as nested lists, so that it
/// can be read without a script. With scripts, views of the compact data at its end take the place of the lists.
/// </summary>
internal sealed class HtmlRenderer
{
    private readonly StackSamples _samples;
    private readonly DumpView _view;
    private readonly PooledBytes _bytes;
    private readonly RenderBuffer _buffer;
    private readonly MergedStacks _stacks;

    private HtmlRenderer(StackSamples samples, DumpView view, PooledBytes bytes)
    {
        (_samples, _view, _bytes) = (samples, view, bytes);
        _buffer = new RenderBuffer(bytes);
        _stacks = new MergedStacks(view, withIdle: true);
    }

    public static void Write(StackSamples samples, PooledBytes bytes)
    {
        if (samples.Last is not { } dump)
            return;
        using var view = new DumpView(dump, samples.Options);
        new HtmlRenderer(samples, view, bytes).Write();
    }

    private void Write()
    {
        using var text = new TextPieces(_view);
        var ends = new EndLines(text, _view);
        string before = "", title = $"{EscapedText.Plain(_view.Dump.Process.Name)} (pid {_view.Dump.Process.Id})";
        text.Parts.Write(() =>
        {
            before = text.Take();
            // Before the line that counts what is not shown.
            foreach (StackEntry entry in _view.Sections.Entries)
                ends.Of(entry);
        });
        string after = text.Take();
        _buffer.Append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"").Append(PageResources.Policy).Append("\">\n")
            .Append("<meta name=\"referrer\" content=\"no-referrer\">\n<title>").Append(MarkupText.Escape(title)).Append("</title>\n<style>").Append(PageResources.Style).Append("</style>\n</head>\n<body>\n");
        AppendBlocks(before, isHead: true);
        _buffer.Append("<main id=\"views\">\n");
        new HtmlTree(_bytes, _view.Options, _stacks, ends).Write();
        _buffer.Append("</main>\n<footer>\n");
        AppendBlocks(after, isHead: false);
        _buffer.Append("</footer>\n<script type=\"application/json\" id=\"data\">");
        new PageData(_samples, _view, _stacks, ends).Write(_bytes);
        _buffer.Append("</script>\n<script>").Append(PageResources.Script).Append("</script>\n</body>\n</html>\n");
    }

    /// <summary>Writes blocks of lines, which empty lines separate: the first line of each as a heading.</summary>
    private void AppendBlocks(string text, bool isHead)
    {
        bool isFirst = isHead;
        foreach (string block in text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] lines = block.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (lines.Length == 0)
                continue;
            bool isDeadlock = lines[0].StartsWith("Deadlock", StringComparison.Ordinal), isVerdict = isHead && (isDeadlock || lines[0].StartsWith("Diagnosis", StringComparison.Ordinal));
            _buffer.Append(isFirst ? "<header>\n" : isVerdict ? "<section class=\"verdict\">\n" : "<section>\n");
            AppendElement(isFirst ? "h1" : lines.Length == 1 || lines[0][0] is '"' ? "p" : "h2", isDeadlock ? "bad" : null, lines[0]);
            foreach (string line in lines.AsSpan(1))
                AppendElement("p", Class(line), line.TrimStart(' '));
            _buffer.Append(isFirst ? "</header>\n" : "</section>\n");
            isFirst = false;
        }
    }

    /// <summary>The level of a line is in its indentation.</summary>
    private static string? Class(string line) =>
        line.StartsWith("      ", StringComparison.Ordinal) ? "code"
        : line.StartsWith("   ", StringComparison.Ordinal) ? "more"
        : line.StartsWith("Note: ", StringComparison.Ordinal) ? "note"
        : line.StartsWith("- ", StringComparison.Ordinal) ? "item"
        : null;

    private void AppendElement(string name, string? kind, string text) =>
        _buffer.Append('<').Append(name).Append(kind is null ? "" : $" class=\"{kind}\"").Append('>').Append(MarkupText.Escape(text)).Append("</").Append(name).Append(">\n");
}
