using System.Buffers;
using System.Text;

namespace Stackflare.Symbols.Pdb;

/// <summary>The lines of one source file, split as the C# compiler does.</summary>
internal sealed class SourceContent
{
    /// <summary>Every line end begins with one of these.</summary>
    private static readonly SearchValues<byte> LineEndStarts = SearchValues.Create([(byte)'\n', (byte)'\r', 0xC2, 0xE2]);

    private readonly byte[] _utf8;
    private readonly List<int> _starts = [0];

    public SourceContent(byte[] bytes)
    {
        _utf8 = ToUtf8(bytes);
        ReadOnlySpan<byte> text = _utf8;
        for (int i = 0; i < text.Length; i++)
        {
            int skip = text[i..].IndexOfAny(LineEndStarts);
            if (skip < 0)
                break;
            i += skip;
            int length = LineEnd(text[i..]);
            if (length > 0)
                _starts.Add(i + length);
            i += Math.Max(length, 1) - 1;
        }
    }

    /// <summary>A trimmed line, cut if it is excessively long; null if there is no such line.</summary>
    public string? Line(int number)
    {
        if (number < 1 || number > _starts.Count)
            return null;
        int start = _starts[number - 1], end = number < _starts.Count ? _starts[number] : _utf8.Length;
        // The cut leaves space for leading white space, and for four bytes for each character.
        ReadOnlySpan<byte> line = _utf8.AsSpan(start, Math.Min(end - start, SymbolLimits.LineCharacters * 8));
        string text = Encoding.UTF8.GetString(line).Trim();
        return text.Length <= SymbolLimits.LineCharacters ? text : string.Concat(text.AsSpan(0, SymbolLimits.LineCharacters), "…");
    }

    /// <summary>The length of the line end at the start of the text: CR LF, LF, CR, U+0085, U+2028 or U+2029; otherwise 0.</summary>
    private static int LineEnd(ReadOnlySpan<byte> text) => text[0] switch
    {
        (byte)'\n' => 1,
        (byte)'\r' => text.Length > 1 && text[1] == '\n' ? 2 : 1,
        0xC2 => text.Length > 1 && text[1] == 0x85 ? 2 : 0,
        0xE2 => text.Length > 2 && text[1] == 0x80 && text[2] is 0xA8 or 0xA9 ? 3 : 0,
        _ => 0,
    };

    private static byte[] ToUtf8(byte[] bytes) => bytes switch
    {
        [0xEF, 0xBB, 0xBF, ..] => bytes[3..],
        [0xFF, 0xFE, ..] => Encoding.Convert(Encoding.Unicode, Encoding.UTF8, bytes, 2, bytes.Length - 2),
        [0xFE, 0xFF, ..] => Encoding.Convert(Encoding.BigEndianUnicode, Encoding.UTF8, bytes, 2, bytes.Length - 2),
        _ => bytes,
    };
}
