using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Stackflare.Analysis;

namespace Stackflare.Writers.Json;

/// <summary>Stacks as indexes into the table of frames.</summary>
internal sealed class JsonStacks(Utf8JsonWriter json, FrameTable table)
{
    /// <summary>In one line: one number for each line would make the document five times as long.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(string name, IReadOnlyList<DumpFrame> frames)
    {
        json.WritePropertyName(name);
        const int LongestIndex = 12;
        byte[] line = ArrayPool<byte>.Shared.Rent((frames.Count * LongestIndex) + 2);
        int length = 0;
        line[length++] = (byte)'[';
        for (int i = 0; i < frames.Count; i++)
        {
            if (i > 0)
            {
                line[length++] = (byte)',';
                line[length++] = (byte)' ';
            }
            Utf8Formatter.TryFormat(table.IdOf(frames[i]), line.AsSpan(length), out int written);
            length += written;
        }
        line[length++] = (byte)']';
        json.WriteRawValue(line.AsSpan(0, length), skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(line);
    }
}
