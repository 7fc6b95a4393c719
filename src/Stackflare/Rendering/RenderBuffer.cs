using System.Buffers;
using System.Globalization;

namespace Stackflare.Rendering;

/// <summary>
/// Collects text in one pooled buffer and hands it to the writer in big pieces: a call of a <see cref="TextWriter"/> for each
/// part of a line would cost more than the text itself. For one thread.
/// </summary>
internal sealed class RenderBuffer(TextWriter writer) : IDisposable
{
    private char[] _chars = ArrayPool<char>.Shared.Rent(32 << 10);
    private int _length;

    public RenderBuffer Append(string text) => Append(text.AsSpan());

    public RenderBuffer Append(ReadOnlySpan<char> text)
    {
        while (!text.TryCopyTo(_chars.AsSpan(_length)))
        {
            int fits = Math.Min(text.Length, _chars.Length - _length);
            text[..fits].CopyTo(_chars.AsSpan(_length));
            _length += fits;
            text = text[fits..];
            Flush();
        }
        _length += text.Length;
        return this;
    }

    public RenderBuffer Append(char c)
    {
        if (_length == _chars.Length)
            Flush();
        _chars[_length++] = c;
        return this;
    }

    public RenderBuffer Append(int number) => AppendNumber(number, format: default);

    /// <summary>A number for people: with a comma at the thousands.</summary>
    public RenderBuffer AppendCount(int number) => AppendNumber(number, "N0");

    public RenderBuffer AppendLine()
    {
        // Always a single line feed, as the format says, whatever the writer's idea of a line's end.
        return Append('\n');
    }

    /// <summary>Hands on what is left. Does not flush the writer, which is the caller's.</summary>
    public void Flush()
    {
        writer.Write(_chars, 0, _length);
        _length = 0;
    }

    public void Dispose()
    {
        ArrayPool<char>.Shared.Return(_chars);
        _chars = [];
    }

    private RenderBuffer AppendNumber(int number, ReadOnlySpan<char> format)
    {
        Span<char> digits = stackalloc char[24];
        number.TryFormat(digits, out int length, format, CultureInfo.InvariantCulture);
        return Append(digits[..length]);
    }
}
