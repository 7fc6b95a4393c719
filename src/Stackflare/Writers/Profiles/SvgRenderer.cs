using System.Globalization;
using Stackflare.Analysis;
using Stackflare.Model;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// A flame graph as a picture, the outermost call at the top. Static: no script, nothing from outside, light and dark by the reader's setting. Each
/// method has its full name, count and share as a tooltip. What is too narrow to be seen is not drawn, so the file has a limit, however many stacks there are.
/// </summary>
internal sealed class SvgRenderer
{
    private const double Width = 1200, RowHeight = 18, Margin = 10, CharacterWidth = 7.25;

    /// <summary>How many rows a graph has at most, and how many calls are drawn in total.</summary>
    internal const int MaxRows = 200, MaxDrawn = 10_000;

    private const string Style =
        "text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1c1c1c}.h{font-weight:bold}.b{fill:#fff}g rect{stroke:#fff;stroke-width:.6}"
        + ".p0{fill:#ffb45e}.p1{fill:#ffa347}.p2{fill:#ffc37d}.f0{fill:#c3d3de}.f1{fill:#b5c8d5}.f2{fill:#d0dde6}.w{fill:#dccff0}.a{fill:#e3e3e3}"
        + "@media(prefers-color-scheme:dark){text{fill:#f0f0f0}.b{fill:#16181c}g rect{stroke:#16181c}"
        + ".p0{fill:#9c5510}.p1{fill:#8a4a0c}.p2{fill:#ab6219}.f0{fill:#36505f}.f1{fill:#2e4654}.f2{fill:#3e5a6a}.w{fill:#57437a}.a{fill:#3a3c42}}";

    private readonly StackSamples _samples;
    private readonly FlameGraph _graph;
    private readonly RenderBuffer _buffer;
    private readonly List<(FlameFrame Frame, FlameFrame All, int Row, double X)> _drawn = [];
    private int _rows;
    // The width of the narrowest call that is drawn.
    private double _narrowest = 0.5;
    private bool _isNarrow;

    private bool IsSeries => _samples.Count > 1;

    private SvgRenderer(StackSamples samples, RenderBuffer buffer) => (_samples, _graph, _buffer) = (samples, new FlameGraph(samples, MaxRows), buffer);

    public static void Write(StackSamples samples, PooledBytes bytes) => new SvgRenderer(samples, new RenderBuffer(bytes)).Write();

    private void Write()
    {
        Place();
        string[] heading = [Title(), Counts()];
        string[] notes = [.. Notes()];
        double top = Margin + (RowHeight * (heading.Length + 0.5)), height = top + (RowHeight * (_rows + 0.5 + notes.Length)) + Margin;
        _buffer.Append(Invariant($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width + (2 * Margin):0} {height:0}\" role=\"img\" aria-label=\"{MarkupText.Escape(heading[0])}\">\n"))
            .Append("<title>").Append(MarkupText.Escape(heading[0])).Append("</title>\n<style>").Append(Style).Append("</style>\n<rect class=\"b\" width=\"100%\" height=\"100%\"/>\n");
        for (int i = 0; i < heading.Length; i++)
            AppendText(Margin, Margin + (RowHeight * (i + 0.75)), heading[i], i == 0 ? " class=\"h\"" : "").AppendLine();
        foreach (var (frame, all, row, x) in _drawn)
            AppendFrame(frame, all, x, top + (row * RowHeight));
        for (int i = 0; i < notes.Length; i++)
            AppendText(Margin, top + (RowHeight * (_rows + i + 1.25)), notes[i]).AppendLine();
        _buffer.Append("</svg>\n");
    }

    /// <summary>Decides what is drawn where: the wider ones, if there are too many. The graph of the async stacks is below that of the threads.</summary>
    private void Place()
    {
        while (!(TryPlace(_graph.Threads, 0) && TryPlace(_graph.Async, _rows == 0 ? 0 : _rows + 1)))
        {
            _narrowest *= 2;
            _drawn.Clear();
            _rows = 0;
        }
    }

    /// <summary>Without recursion, because stacks are deep.</summary>
    private bool TryPlace(FlameFrame all, int first)
    {
        if (all.Count == 0)
            return true;
        var open = new Stack<(FlameFrame Frame, int Row, double X)>([(all, first, Margin)]);
        while (open.TryPop(out var next))
        {
            if (WidthOf(next.Frame, all) < _narrowest)
            {
                _isNarrow = true;
                continue;
            }
            if (_drawn.Count == MaxDrawn)
                return false;
            _drawn.Add((next.Frame, all, next.Row, next.X));
            _rows = Math.Max(_rows, next.Row + 1);
            double x = next.X;
            foreach (FlameFrame call in next.Frame.Calls)
            {
                open.Push((call, next.Row + 1, x));
                x += WidthOf(call, all);
            }
        }
        return true;
    }

    private static double WidthOf(FlameFrame frame, FlameFrame all) => Width * frame.Count / all.Count;

    private string Title() => _samples.Process is { } process
        ? string.Create(CultureInfo.InvariantCulture, $"{EscapedText.Plain(process.Name)} (pid {process.Id}) at {_samples.Begin:yyyy-MM-dd HH:mm:ss.fff zzz}")
        : "No dump";

    private string Counts() => string.Join(", ", ((string?[])
    [
        IsSeries ? DiagnosisText.Count(_samples.Count, "dump") : null,
        Counted(_graph.Threads.Count, "thread", "sample of a thread", "samples of threads"),
        Counted(_graph.Async.Count, "async stack", "sample of an async stack", "samples of async stacks"),
    ]).OfType<string>());

    private IEnumerable<string> Notes()
    {
        string[] idle =
        [
            .. ((string?[])
            [
                Counted(_samples.LeftOut.Threads, "idle thread", "sample of an idle thread", "samples of idle threads"),
                Counted(_samples.LeftOut.Async, "async stack", "sample of an async stack", "samples of async stacks"),
            ]).OfType<string>(),
        ];
        if (idle.Length > 0)
            yield return $"Not shown: {string.Join(" and ", idle)} of the framework.";
        if (_isNarrow)
            yield return Invariant($"Not drawn: calls with less than {100 * _narrowest / Width:0.00} % of a graph.");
        if (_graph.IsCut)
            yield return Invariant($"Not drawn: calls below the first {MaxRows} rows of a graph.");
    }

    /// <summary>What is counted: of one dump things, of several samples. Null if there is none.</summary>
    private string? Counted(long count, string thing, string sample, string samples) =>
        count == 0 ? null : _samples.IsTime ? $"{Amount(count)} of {thing}s" : IsSeries ? DiagnosisText.Count(count, sample, samples) : DiagnosisText.Count(count, thing);

    private void AppendFrame(FlameFrame frame, FlameFrame all, double x, double y)
    {
        double width = WidthOf(frame, all);
        _buffer.Append(Invariant($"<g><title>{MarkupText.Escape(frame.Name)}: {Amount(frame.Count)} of {Amount(all.Count)} ({100.0 * frame.Count / all.Count:0.0} %)</title>"))
            .Append(Invariant($"<rect class=\"{Class(frame, all)}\" x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{RowHeight:0}\" rx=\"1\"/>"));
        if (Label(frame.Name, (int)((width - 6) / CharacterWidth)) is { } label)
            AppendText(x + 3, y + (RowHeight * 0.72), label);
        _buffer.Append("</g>\n");
    }

    /// <summary>The program's methods, which have lines, stand out. A method has the same shade everywhere.</summary>
    private static string Class(FlameFrame frame, FlameFrame all) => frame == all ? "a"
        : frame.Name.StartsWith('[') ? "w"
        : (frame.HasLine ? "p" : "f") + (Shade(frame.Name) % 3).ToString(CultureInfo.InvariantCulture);

    /// <summary>The runtime's own hash of a text differs between processes.</summary>
    private static uint Shade(string name)
    {
        uint hash = 2166136261;
        foreach (char c in name)
            hash = unchecked((hash ^ c) * 16777619);
        return hash >> 8;
    }

    /// <summary>As much of a name as fits: the namespace goes first, then the type, then the end of the method. Null if there is no room for it.</summary>
    internal static string? Label(string name, int characters)
    {
        if (characters < 3)
            return null;
        while (name.Length > characters)
        {
            int dot = name.StartsWith('[') ? -1 : FirstDot(name);
            if (dot < 0)
            {
                // Not between the two halves of a character.
                int end = char.IsHighSurrogate(name[characters - 2]) ? characters - 2 : characters - 1;
                return name[..end] + "…";
            }
            name = name[(dot + 1)..];
        }
        return name;
    }

    /// <summary>The first dot that is not in the type arguments; -1 if there is none with a name on both sides.</summary>
    private static int FirstDot(string name)
    {
        int depth = 0;
        for (int i = 0; i < name.Length - 1; i++)
        {
            depth += name[i] is '<' or '[' or '(' ? 1 : name[i] is '>' or ']' or ')' ? -1 : 0;
            if (name[i] == '.' && depth == 0 && i > 0 && name[i - 1] != '.')
                return i;
        }
        return -1;
    }

    private RenderBuffer AppendText(double x, double y, string text, string attributes = "") =>
        _buffer.Append(Invariant($"<text x=\"{x:0.##}\" y=\"{y:0.##}\"{attributes}>")).Append(MarkupText.Escape(text)).Append("</text>");

    /// <summary>A time in seconds, or a number.</summary>
    private string Amount(long count) => _samples.IsTime ? Invariant($"{count / 1e6:N2} s") : Invariant($"{count:N0}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
