using System.Text;

namespace Stackflare.EndToEnd.Harness;

/// <summary>
/// Takes a stream of dumps in JSON apart. A document begins with a line <c>{</c> and ends with a line <c>}</c>; everything between
/// two documents is messages. Whatever is no whole document fails the test that reads it.
/// </summary>
internal sealed class DumpReader
{
    private int _position;

    /// <summary>Lines that were not part of a document.</summary>
    public List<string> Messages { get; } = [];

    /// <summary>The next document, or null if it has not come whole.</summary>
    /// <param name="bytes">Everything so far.</param>
    public JsonDump? Next(ReadOnlyMemory<byte> bytes)
    {
        while (_position < bytes.Length)
        {
            var rest = bytes.Span[_position..];
            if (rest.StartsWith("{\n"u8))
            {
                var end = rest.IndexOf("\n}\n"u8);
                if (end < 0)
                    return null;
                var document = bytes.Slice(_position, end + 3);
                _position += document.Length;
                return JsonDump.Parse(document);
            }

            var newline = rest.IndexOf((byte)'\n');
            if (newline < 0)
                return null;
            Messages.Add(Encoding.UTF8.GetString(rest[..newline]));
            _position += newline + 1;
        }

        return null;
    }
}
