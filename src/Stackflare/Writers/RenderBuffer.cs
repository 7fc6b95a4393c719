using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Stackflare.Model;
using Stackflare.Writers.Text;

namespace Stackflare.Writers;

/// <summary>
/// Appends text to memory as UTF-8, which is what every output takes: a frame is encoded once, however many stacks it is in. The
/// text must have no lone surrogates, which <see cref="EscapedText"/> sees to. For one thread; does not own the bytes.
/// </summary>
/// <param name="bytes">Where to.</param>
/// <param name="theme">How marked pieces are shown; null for no difference.</param>
internal sealed class RenderBuffer(PooledBytes bytes, TextTheme? theme = null)
{
    public RenderBuffer Append(string text)
    {
        bytes.Advance(Encoding.UTF8.GetBytes(text, bytes.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
        return this;
    }

    // Called for every frame of every stack, most often in the first dump of a process: it must not wait for tiering.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public RenderBuffer Append(byte[] encoded)
    {
        encoded.CopyTo(bytes.GetSpan(encoded.Length));
        bytes.Advance(encoded.Length);
        return this;
    }

    public RenderBuffer Append(char ascii)
    {
        bytes.GetSpan(1)[0] = (byte)ascii;
        bytes.Advance(1);
        return this;
    }

    public RenderBuffer Append(int number) => AppendNumber(number, format: default);

    /// <summary>A number for people: with a comma at the thousands.</summary>
    public RenderBuffer AppendCount(long number) => AppendNumber(number, "N0");

    /// <summary>Always a single line feed, as the format says, whatever the platform's idea of a line's end.</summary>
    public RenderBuffer AppendLine() => Append('\n');

    /// <summary>Begins a piece that a theme shows, up to <see cref="End"/>.</summary>
    public RenderBuffer Begin(TextRole role) => theme is null ? this : Append(theme.Begin(role));

    public RenderBuffer End() => theme is null ? this : Append(theme.End);

    private RenderBuffer AppendNumber(long number, ReadOnlySpan<char> format)
    {
        number.TryFormat(bytes.GetSpan(24), out int length, format, CultureInfo.InvariantCulture);
        bytes.Advance(length);
        return this;
    }
}
