using System.Text.Json;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cores;

/// <summary>All that dumps say of async stacks, to compare that of a process with that of its core.</summary>
internal static class AsyncView
{
    /// <summary>Only a running process has a clock.</summary>
    private static readonly string[] NotInCores = ["dueInMs", "lastDueInMs", "ageMs"];

    private static readonly string[] OfFrame = ["display", "kind", "source", "symbols", "hidden", "token"];

    /// <summary>The groups of stacks.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="isOfProgram">Only those of the program, and without what a collection changes: for a program that does not stand still.</param>
    public static string[] Stacks(JsonDump dump, bool isOfProgram = false) =>
    [
        .. dump.Root.GetProperty("asyncStacks").EnumerateArray().Where(s => !isOfProgram || !s.GetProperty("ofPlatform").GetBoolean())
            .Select(s => Text(dump, s, "", isOfProgram ? [.. NotInCores, "objects", "thread"] : NotInCores)).Order(StringComparer.Ordinal),
    ];

    /// <summary>The requests, without the numbers of their stacks, which depend on the order.</summary>
    public static string[] Requests(JsonDump dump) =>
        [.. dump.Root.GetProperty("requests").EnumerateArray().Select(static r => $"{r.GetProperty("method")} {r.GetProperty("path")} {r.GetProperty("traceId")} {r.GetProperty("upgraded")}").Order(StringComparer.Ordinal)];

    /// <summary>The async callers of the threads that have any: the pool's idle threads come and go.</summary>
    public static string[] Callers(JsonDump dump) =>
    [
        .. dump.Root.GetProperty("threads").EnumerateArray().Where(static t => t.GetProperty("asyncCallers").GetArrayLength() > 0)
            .Select(t => $"{t.GetProperty("osId")}: {Text(dump, t.GetProperty("asyncCallers"), "stack", [])} {t.GetProperty("awaitedStackIndex")}").Order(StringComparer.Ordinal),
    ];

    private static string Text(JsonDump dump, JsonElement element, string name, string[] except) => element.ValueKind switch
    {
        JsonValueKind.Object => $"{{ {string.Join(", ", element.EnumerateObject().Where(p => !except.Contains(p.Name)).Select(p => $"{p.Name}: {Text(dump, p.Value, p.Name, except)}"))} }}",
        JsonValueKind.Array => $"[ {string.Join(", ", element.EnumerateArray().Select(e => name == "stack" ? Frame(dump, e.GetInt32()) : Text(dump, e, "", except)))} ]",
        _ => element.GetRawText(),
    };

    /// <summary>With its file and line in one form, however the JSON is laid out.</summary>
    private static string Frame(JsonDump dump, int index)
    {
        JsonElement frame = dump.Root.GetProperty("frames")[index];
        string place = frame.GetProperty("source") is { ValueKind: JsonValueKind.Object } source ? $"{source.GetProperty("path").GetString()}:line {source.GetProperty("line")}" : "";
        return $"{string.Join(' ', OfFrame.Select(p => frame.GetProperty(p).GetRawText()))} {place}";
    }
}
