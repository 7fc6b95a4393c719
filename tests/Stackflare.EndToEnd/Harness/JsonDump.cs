using System.Text.Json;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A dump in JSON, read by nothing of the library's own.</summary>
internal sealed class JsonDump
{
    private JsonDump(JsonElement root)
    {
        Root = root;
        JsonFrame[] frames = [.. root.GetProperty("frames").EnumerateArray().Select(f => new JsonFrame(f))];
        Threads = [.. root.GetProperty("threads").EnumerateArray().Select(t => new JsonThread(t, frames))];
    }

    public JsonElement Root { get; }

    public IReadOnlyList<JsonThread> Threads { get; }

    public int ProcessId => Root.GetProperty("process").GetProperty("id").GetInt32();

    /// <summary>Its name, its runtime, its platform.</summary>
    public string Process => $"{OfProcess("name")} {OfProcess("runtimeVersion")} {OfProcess("platform")}";

    public double PauseMilliseconds => Root.GetProperty("timings").GetProperty("pauseMs").GetDouble();

    public IReadOnlyList<string> Notes => [.. Root.GetProperty("notes").EnumerateArray().Select(n => n.GetString()!)];

    public static JsonDump Parse(ReadOnlyMemory<byte> json)
    {
        // A stack of 10,000 frames is flat; nothing in the format nests deeper than a few levels.
        using var document = JsonDocument.Parse(json);
        return new JsonDump(document.RootElement.Clone());
    }

    private string? OfProcess(string name) => Root.GetProperty("process").GetProperty(name).GetString();

    public JsonThread Of(TruthThread thread) => Threads.SingleOrDefault(t => t.OsId == thread.OsId)
        ?? throw new InvalidOperationException($"The dump has no thread {thread.OsId} (\"{thread.Name}\"), only {string.Join(", ", Threads.Select(t => t.OsId))}.");

    public JsonThread Named(string name) => Threads.Single(t => t.Name == name);
}
