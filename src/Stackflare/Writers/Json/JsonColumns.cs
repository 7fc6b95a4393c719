using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Stackflare.Writers.Json;

/// <summary>Tables by column, each column in one line: one number for each line would make a file several times as long.</summary>
internal sealed class JsonColumns(Utf8JsonWriter json)
{
    /// <summary>The longest text of a number.</summary>
    private const int LongestNumber = 32;

    /// <param name="name">The table's name.</param>
    /// <param name="rows">How many values each column has.</param>
    /// <param name="write">Writes the columns.</param>
    public void Table(string name, int rows, Action write)
    {
        json.WriteStartObject(name);
        write();
        json.WriteNumber("length", rows);
        json.WriteEndObject();
    }

    public void Numbers<T>(string name, IEnumerable<T> values)
        where T : IUtf8SpanFormattable => Column(name, values, static (value, bytes) => Append(bytes, value));

    /// <summary>Indexes, and null for negative numbers.</summary>
    public void Indexes(string name, IEnumerable<int> values) => Column(name, values, static (value, bytes) =>
    {
        if (value < 0)
            Append(bytes, "null"u8);
        else
            Append(bytes, value);
    });

    /// <summary>The same JSON value in each row.</summary>
    public void Same(string name, string value, int rows)
    {
        byte[] text = Encoding.UTF8.GetBytes(value);
        Column(name, Enumerable.Repeat(text, rows), static (value, bytes) => Append(bytes, value));
    }

    private void Column<T>(string name, IEnumerable<T> values, Action<T, PooledBytes> append)
    {
        using var line = new PooledBytes();
        Append(line, "["u8);
        bool isFirst = true;
        foreach (T value in values)
        {
            if (!isFirst)
                Append(line, ","u8);
            isFirst = false;
            append(value, line);
        }
        Append(line, "]"u8);
        json.WritePropertyName(name);
        json.WriteRawValue(line.Written, skipInputValidation: true);
    }

    private static void Append<T>(PooledBytes bytes, T value)
        where T : IUtf8SpanFormattable
    {
        _ = value.TryFormat(bytes.GetSpan(LongestNumber), out int written, default, CultureInfo.InvariantCulture);
        bytes.Advance(written);
    }

    private static void Append(PooledBytes bytes, ReadOnlySpan<byte> text)
    {
        text.CopyTo(bytes.GetSpan(text.Length));
        bytes.Advance(text.Length);
    }
}
