using System.Text.Json;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cores;

/// <summary>
/// What a dump says of locks, waits, deadlocks, findings and the thread pool, a line each: less what two dumps of a program that stands still differ in. The
/// addresses of objects and the numbers of locks are replaced by what is known of them.
/// </summary>
internal static partial class LockText
{
    public static string[] Of(JsonDump dump)
    {
        JsonElement root = dump.Root;
        string[] locks = [.. root.GetProperty("locks").EnumerateArray().Select(Lock)];
        return
        [
            .. dump.Threads.Zip(root.GetProperty("threads").EnumerateArray()).SelectMany(t => Thread(t.First, t.Second, locks)),
            .. root.GetProperty("deadlocks").EnumerateArray().Select(d => Deadlock(d, locks)).Order(StringComparer.Ordinal),
            // How long the finalizer has been blocked is only known of a running process, and only after a second.
            .. root.GetProperty("findings").EnumerateArray().Where(static f => Text(f, "kind") != "finalizerBlocked").Select(f => Finding(f, locks)).Order(StringComparer.Ordinal),
            .. Pool(root.GetProperty("threadPool")),
        ];
    }

    /// <summary>Objects may have been moved, and a core does not say for how long a thread has waited.</summary>
    private static string Plain(string? text) => Duration().Replace(Address().Replace(text ?? "", "<object>"), "");

    private static string Lock(JsonElement known) =>
        $"{Text(known, "kind")} {Text(known, "type")} of {Id(known, "owner")}{(known.GetProperty("abandoned").GetBoolean() ? " (ended)" : "")} read by {Ids(known, "readers")} "
        + $"upgradeable by {Id(known, "upgrader")} again {known.GetProperty("recursion")} wanted by {Ids(known, "waiters")}";

    private static IEnumerable<string> Thread(JsonThread thread, JsonElement element, string[] locks)
    {
        if (element.GetProperty("waitingFor") is { ValueKind: JsonValueKind.Object } wait)
        {
            yield return $"{thread.OsId} waits: {Text(wait, "kind")} at {Frame(thread, wait)}, {Text(wait, "objectType")}, {Lock(wait, locks)}, joins {Id(wait, "joined")}, "
                + $"limit {wait.GetProperty("timeoutMs")}, for {Ids(wait, "waitsFor")}, an object: {wait.GetProperty("object").ValueKind == JsonValueKind.String}";
        }
        foreach (JsonElement held in element.GetProperty("heldLocks").EnumerateArray())
            yield return $"{thread.OsId} holds: {Lock(held, locks)} at {Frame(thread, held)}{(held.GetProperty("shared").GetBoolean() ? ", shared" : "")}";
    }

    private static string Frame(JsonThread thread, JsonElement element) =>
        element.GetProperty("stackIndex") is { ValueKind: JsonValueKind.Number } index ? $"{thread.Frames[index.GetInt32()]}".Trim() : "no frame";

    private static string Deadlock(JsonElement deadlock, string[] locks)
    {
        string[] steps = [.. deadlock.GetProperty("steps").EnumerateArray().Select(s => $"{Id(s, "thread")} for {Lock(s, locks)}, {Id(s, "waitsFor")}")];
        // A cycle can begin with any of its threads.
        return $"deadlock: {string.Join("; ", steps.Order(StringComparer.Ordinal))} behind {Ids(deadlock, "behind")}";
    }

    private static string Finding(JsonElement finding, string[] locks) =>
        $"finding: {Text(finding, "kind")} {Plain(Text(finding, "summary"))} {string.Join("; ", finding.GetProperty("evidence").EnumerateArray().Select(e => Plain(e.GetString())).Order(StringComparer.Ordinal))} "
        + $"{Ids(finding, "threads")} {finding.GetProperty("count")} {string.Join(", ", finding.GetProperty("locks").EnumerateArray().Select(l => locks[l.GetInt32()]).Order(StringComparer.Ordinal))}";

    private static IEnumerable<string> Pool(JsonElement pool) => pool.ValueKind != JsonValueKind.Object ? ["no pool"]
        : pool.EnumerateObject().Where(static p => p.Name is not ("dueTimers" or "hasMoreDueTimers"))
            // Of many, the probe looks at a few more.
            .Select(static p => $"pool: {p.Name} {(p.Name == "queuedWork" ? string.Join(", ", p.Value.EnumerateArray().Select(static w => Text(w, "type"))) : p.Value)}");

    private static string Lock(JsonElement element, string[] locks) =>
        element.GetProperty("lock") is { ValueKind: JsonValueKind.Number } index ? locks[index.GetInt32()] : "no lock";

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static string Id(JsonElement element, string name) => $"{element.GetProperty(name)}";

    private static string Ids(JsonElement element, string name) => $"[{string.Join(", ", element.GetProperty(name).EnumerateArray().Select(static t => $"{t}").Order(StringComparer.Ordinal))}]";

    [GeneratedRegex("<0x[0-9a-f]+>")]
    private static partial Regex Address();

    [GeneratedRegex(@" (for )?(at least|more than) [0-9.,]+ \w+| for [0-9.,]+ (ms|s|min|h)\b")]
    private static partial Regex Duration();
}
