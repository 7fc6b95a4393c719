using System.Buffers;
using System.Text;

namespace Stackflare.Writers.Text;

/// <summary>
/// Fits the lines of a text to the width of a terminal: long names lose namespaces from their middle, paths lose directories, then frames lose their
/// parameters. The beginning of a line and the method, file and line at the end of a frame stay. Sentences that are still too long are left to the terminal, which
/// wraps them. Escape sequences have no width, and links keep the whole path.
/// </summary>
internal sealed class TerminalWidth
{
    /// <summary>Narrower terminals are treated as this wide.</summary>
    internal const int Min = 40;

    private const char Ellipsis = '…';

    private readonly int _width;
    private readonly List<Piece> _pieces = [];

    /// <summary>The indentation of the line before, if it is a frame; otherwise more than any line has.</summary>
    private int _frame = int.MaxValue;

    private TerminalWidth(int width) => _width = Math.Max(width, Min);

    /// <summary>Writes a text, with its lines shortened.</summary>
    /// <param name="width">The width; null for no limit.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="write">Writes the whole text.</param>
    public static void Fit(int? width, PooledBytes destination, Action<PooledBytes> write)
    {
        if (width is not { } columns)
        {
            write(destination);
            return;
        }
        using var whole = new PooledBytes();
        write(whole);
        var fitter = new TerminalWidth(columns);
        for (ReadOnlySpan<byte> text = whole.Written; !text.IsEmpty;)
        {
            int end = text.IndexOf((byte)'\n');
            fitter.Append(Encoding.UTF8.GetString(end < 0 ? text : text[..end]), destination);
            if (end < 0)
                break;
            destination.Write("\n"u8);
            text = text[(end + 1)..];
        }
    }

    /// <summary>One line, shortened.</summary>
    internal static string Fit(string line, int width)
    {
        using var bytes = new PooledBytes();
        new TerminalWidth(width).Append(line, bytes);
        return Encoding.UTF8.GetString(bytes.Written);
    }

    /// <summary>The beginning of a line without escape sequences, if it is wider than a terminal.</summary>
    internal static string Cut(string line, int width)
    {
        if (line.Length * 2 <= width || WidthOf(line) <= width)
            return line;
        int end = 0, used = 0;
        foreach (Rune rune in line.EnumerateRunes())
        {
            used += WidthOf(rune);
            if (used > width - 1)
                break;
            end += rune.Utf16SequenceLength;
        }
        return width < 1 ? "" : line[..end] + Ellipsis;
    }

    private void Append(string line, PooledBytes destination)
    {
        Split(line);
        string plain = string.Concat(_pieces.Where(static p => !p.IsEscape).Select(static p => p.Text));
        string trimmed = plain.TrimStart(' ', '|');
        int indentation = plain.Length - trimmed.Length;
        bool isFrame = trimmed.StartsWith("at ", StringComparison.Ordinal) || trimmed.StartsWith("File \"", StringComparison.Ordinal);
        // The line below a frame that is indented deeper, and is no note.
        bool isSource = !isFrame && indentation > _frame && !trimmed.StartsWith("- ", StringComparison.Ordinal);
        _frame = isFrame ? indentation : int.MaxValue;
        int over = WidthOf(plain) - _width;
        if (over > 0)
            Shorten(over, isFrame, isSource);
        foreach (Piece piece in _pieces)
            destination.Write(Encoding.UTF8.GetBytes(piece.Text));
    }

    private void Shorten(int over, bool isFrame, bool isSource)
    {
        if (!isSource)
        {
            over = Each(over, LongNames.WithoutDirectories);
            over = Each(over, LongNames.WithoutNamespaces);
        }
        if (isFrame)
            over = Each(over, LongNames.WithoutParameters);
        // A method needs its type; a type says enough by itself.
        if (!isSource)
            over = Each(over, (text, most) => LongNames.OnlyEnds(text, most, parts: isFrame ? 2 : 1));
        if (over > 0 && (isFrame || isSource))
            Cut(over, isFrame);
    }

    /// <summary>Shortens the pieces until the line fits; returns how much it is still too wide.</summary>
    private int Each(int over, Func<string, int, string> shorten)
    {
        for (int i = 0; i < _pieces.Count && over > 0; i++)
        {
            if (_pieces[i].IsEscape)
                continue;
            string shorter = shorten(_pieces[i].Text, over);
            over -= WidthOf(_pieces[i].Text) - WidthOf(shorter);
            _pieces[i] = new Piece(shorter, IsEscape: false);
        }
        return over;
    }

    /// <summary>Cuts the widest piece: a frame in its middle, because its line number is at the end.</summary>
    private void Cut(int over, bool isFrame)
    {
        int widest = -1;
        for (int i = 0; i < _pieces.Count; i++)
        {
            if (!_pieces[i].IsEscape && (widest < 0 || _pieces[i].Text.Length > _pieces[widest].Text.Length))
                widest = i;
        }
        string text = _pieces[widest].Text;
        int keep = Math.Max(text.Length - over - 1, 2), tail = isFrame ? keep / 2 : 0;
        // A pair of surrogates is one character.
        if (char.IsHighSurrogate(text[keep - tail - 1]))
            keep--;
        if (tail > 0 && char.IsLowSurrogate(text[^tail]))
            tail--;
        _pieces[widest] = new Piece($"{text[..(keep - tail)]}{Ellipsis}{text[^tail..]}", IsEscape: false);
    }

    private void Split(string line)
    {
        _pieces.Clear();
        for (int i = 0; i < line.Length;)
        {
            int end = line[i] == '\e' ? EndOfEscape(line, i) : line.IndexOf('\e', i) is var next and >= 0 ? next : line.Length;
            _pieces.Add(new Piece(line[i..end], line[i] == '\e'));
            i = end;
        }
    }

    /// <summary>The theme writes colours (ending with m) and links (ending with a backslash after an escape).</summary>
    private static int EndOfEscape(string line, int start)
    {
        int end = start + 1 < line.Length && line[start + 1] == ']' ? line.IndexOf("\e\\", start + 1, StringComparison.Ordinal) + 1 : line.IndexOf('m', start);
        return end <= start ? line.Length : end + 1;
    }

    internal static int WidthOf(string text)
    {
        int width = 0;
        foreach (Rune rune in text.EnumerateRunes())
            width += WidthOf(rune);
        return width;
    }

    private static int WidthOf(Rune rune) =>
        rune.Value < 0x300 ? 1 : Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.EnclosingMark ? 0 : IsWide(rune.Value) ? 2 : 1;

    /// <summary>East Asian characters and emoji take two columns.</summary>
    private static bool IsWide(int value) => value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0xFFE0 and <= 0xFFE6) or (>= 0x1F300 and <= 0x1FAFF) or (>= 0x20000 and <= 0x3FFFD);

    private readonly record struct Piece(string Text, bool IsEscape);
}
