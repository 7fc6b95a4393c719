using System.Text;

namespace Stackflare.EndToEnd.Harness;

/// <summary>
/// Takes a stream of dumps in JSON apart. A document begins with a line <c>{</c> and ends with a line <c>}</c>; everything between
/// two documents is messages. Whatever is no whole document fails the test that reads it.
/// </summary>
internal sealed class DumpReader
{
    /// <summary>Where the next document or message begins.</summary>
    public int Position { get; private set; }

    /// <summary>Lines that were not part of a document.</summary>
    public List<string> Messages { get; } = [];

    /// <summary>To be called when the bytes read so far have been dropped.</summary>
    public void Restart() => Position = 0;

    /// <summary>The next document, or null if it has not come whole.</summary>
    /// <param name="bytes">Everything so far.</param>
    public JsonDump? Next(ReadOnlyMemory<byte> bytes)
    {
        while (Position < bytes.Length)
        {
            var rest = bytes.Span[Position..];
            if (rest.StartsWith("{\n"u8))
            {
                var end = rest.IndexOf("\n}\n"u8);
                if (end < 0)
                    return null;
                var document = bytes.Slice(Position, end + 3);
                Position += document.Length;
                return JsonDump.Parse(document);
            }

            var newline = rest.IndexOf((byte)'\n');
            if (newline < 0)
                return null;
            Messages.Add(Encoding.UTF8.GetString(rest[..newline]));
            Position += newline + 1;
        }

        return null;
    }
}
