using System.Text;

namespace Stackflare.Rendering;

/// <summary>A writer that encodes into memory as it goes. For one thread; does not own the bytes.</summary>
internal sealed class Utf8Writer(PooledBytes bytes) : TextWriter
{
    // It keeps the first half of a surrogate pair that two pieces of text share.
    private readonly Encoder _encoder = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetEncoder();

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        // Three bytes for a character is the most there can be; one more character may have been kept.
        var span = bytes.GetSpan((buffer.Length + 1) * 3);
        bytes.Advance(_encoder.GetBytes(buffer, span, flush: false));
    }
}
