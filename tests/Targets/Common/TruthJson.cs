using System.Text;
using System.Text.Json;

namespace Stackflare.Targets.Common;

/// <summary>Writes the truth, one line of JSON. By hand: reflection would not survive every flavour of publishing.</summary>
public static class TruthJson
{
    /// <summary>Writes the truth of the parked threads.</summary>
    /// <param name="threads">The threads.</param>
    public static string Write(IEnumerable<ThreadTruth> threads) => Write(json =>
    {
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteStartArray("threads");
        foreach (var thread in threads)
            Write(json, thread);
        json.WriteEndArray();
    });

    /// <summary>Writes one object.</summary>
    /// <param name="content">Writes its properties.</param>
    public static string Write(Action<Utf8JsonWriter> content)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter json, ThreadTruth thread)
    {
        json.WriteStartObject();
        json.WriteString("name", thread.Name);
        json.WriteNumber("managedId", thread.ManagedId);
        json.WriteNumber("osId", thread.OsId);
        json.WriteBoolean("isBackground", thread.IsBackground);
        json.WriteBoolean("isThreadPool", thread.IsThreadPool);
        json.WriteString("exception", thread.Exception);
        json.WriteString("trace", thread.Trace);
        json.WriteStartArray("marks");
        foreach (var mark in thread.Marks)
            Write(json, mark, lockName: null);
        json.WriteEndArray();
        json.WriteStartArray("held");
        foreach (var held in thread.Held)
            Write(json, held.Mark, held.Lock);
        json.WriteEndArray();
        json.WriteString("wanted", thread.Wanted);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Mark mark, string? lockName)
    {
        json.WriteStartObject();
        if (lockName is not null)
            json.WriteString("lock", lockName);
        json.WriteString("method", mark.Method);
        json.WriteNumber("line", mark.Line);
        json.WriteEndObject();
    }
}
