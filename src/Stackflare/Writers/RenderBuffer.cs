using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Stackflare.Model;
using Stackflare.Writers.Text;

namespace Stackflare.Writers;

/// <summary>
/// Appends text to memory as UTF-8, which every output needs: each frame is encoded only once. The
/// text must not have lone surrogates; <see cref="EscapedText"/> removes them. Not thread-safe. Does not own the bytes.
/// </summary>
/// <param name="bytes">The destination.</param>
/// <param name="theme">How marked pieces are shown; null to show them unchanged.</param>
internal sealed class RenderBuffer(PooledBytes bytes, TextTheme? theme = null)
{
    public RenderBuffer Append(string text)
    {
        bytes.Advance(Encoding.UTF8.GetBytes(text, bytes.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
        return this;
    }

    // Called for every frame of every stack, often in the first dump of a process: it must not start in tier 0.
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

    /// <summary>A number for people: with thousands separators.</summary>
    public RenderBuffer AppendCount(long number) => AppendNumber(number, "N0");

    /// <summary>Always a line feed, on every platform, as the format specifies.</summary>
    public RenderBuffer AppendLine() => Append('\n');

    /// <summary>Begins a marked piece, which ends at <see cref="End"/>.</summary>
    public RenderBuffer Begin(TextRole role) => theme is null ? this : Append(theme.Begin(role));

    public RenderBuffer End() => theme is null ? this : Append(theme.End);

    private RenderBuffer AppendNumber(long number, ReadOnlySpan<char> format)
    {
        number.TryFormat(bytes.GetSpan(24), out int length, format, CultureInfo.InvariantCulture);
        bytes.Advance(length);
        return this;
    }
}
