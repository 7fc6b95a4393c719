using System.Globalization;
using System.Text.Json;

namespace Stackflare.Writers.Json;

/// <summary>Values that several parts of the JSON contain. Null means not known.</summary>
internal static class JsonValues
{
    extension(Utf8JsonWriter json)
    {
        public void WriteMilliseconds(string name, TimeSpan? time)
        {
            if (time is { } value)
                json.WriteNumber(name, value.Ticks / (decimal)TimeSpan.TicksPerMillisecond);
            else
                json.WriteNull(name);
        }

        public void WriteOptional(string name, long? value)
        {
            if (value is { } number)
                json.WriteNumber(name, number);
            else
                json.WriteNull(name);
        }

        public void WriteOptional(string name, bool? value)
        {
            if (value is { } known)
                json.WriteBoolean(name, known);
            else
                json.WriteNull(name);
        }

        public void WriteStrings(string name, IReadOnlyList<string> values)
        {
            json.WriteStartArray(name);
            foreach (string value in values)
                json.WriteStringValue(value);
            json.WriteEndArray();
        }

        /// <summary>A thread by its kernel id: an index would be wrong in a dump with only some of the threads.</summary>
        public void WriteThread(string name, DumpThread? thread) => json.WriteOptional(name, thread?.OsId.Value);

        /// <summary>Threads by their kernel ids, in one line.</summary>
        public void WriteThreads(string name, IReadOnlyList<DumpThread> threads)
        {
            json.WritePropertyName(name);
            string ids = string.Join(", ", threads.Select(static t => t.OsId.Value.ToString(CultureInfo.InvariantCulture)));
            json.WriteRawValue($"[{ids}]", skipInputValidation: true);
        }
    }
}
