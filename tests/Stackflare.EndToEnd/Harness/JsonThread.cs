using System.Text.Json;

namespace Stackflare.EndToEnd.Harness;

/// <summary>A thread of a dump in JSON.</summary>
internal sealed class JsonThread
{
    private readonly JsonElement _thread;

    public JsonThread(JsonElement thread, JsonFrame[] frames)
    {
        _thread = thread;
        Frames = [.. thread.GetProperty("stack").EnumerateArray().Select(i => frames[i.GetInt32()])];
    }

    /// <summary>All frames, innermost first.</summary>
    public IReadOnlyList<JsonFrame> Frames { get; }

    /// <summary>Those that the text formats show.</summary>
    public IEnumerable<JsonFrame> ShownInText => Frames.SkipLast(_thread.GetProperty("platformCallers").GetInt32()).Skip(_thread.GetProperty("waitPlumbing").GetInt32()).Where(f => !f.IsHidden);

    /// <summary>Those that profiles show.</summary>
    public IEnumerable<JsonFrame> Shown => Frames.Skip(_thread.GetProperty("waitPlumbing").GetInt32()).Where(f => !f.IsHidden);

    /// <summary>The targets' own frames in the form that <see cref="TruthThread.Calls"/> has: what a reader is shown, less the harness.</summary>
    public IReadOnlyList<string> Calls => [.. Frames.Where(f => f.IsOfTarget && !f.IsHidden).Select(f => $"{f.FullName}:{f.Line}{(f.IsApproximate ? " or near it" : "")}")];

    public int OsId => _thread.GetProperty("osId").GetInt32();

    public int? ManagedId => _thread.GetProperty("managedId") is { ValueKind: JsonValueKind.Number } id ? id.GetInt32() : null;

    public string? Name => _thread.GetProperty("name").GetString();

    public string? DisplayName => _thread.GetProperty("displayName").GetString();

    public bool IsMain => _thread.GetProperty("main").GetBoolean();

    public bool IsOwn => _thread.GetProperty("own").GetBoolean();

    public bool? IsBackground => Flag("background");

    public bool? IsThreadPool => Flag("threadPool");

    public bool IsWaiting => _thread.GetProperty("waitingFor").ValueKind != JsonValueKind.Null;

    public string? Activity => _thread.GetProperty("activity").GetString();

    public IEnumerable<(string Type, string? Message)> Exceptions =>
        _thread.GetProperty("exceptions").EnumerateArray().Select(e => (e.GetProperty("type").GetString()!, e.GetProperty("message").GetString()));

    public string? CurrentException => _thread.GetProperty("currentException").GetString();

    public string? Completeness => _thread.GetProperty("completeness").GetString();

    /// <summary>
    /// All that is said of the thread, a line each, less what two dumps of a thread that stands still may differ in: its times, whether it is the
    /// one that takes the dump, where the garbage collector has put objects, and the numbers that locks have in the dump.
    /// </summary>
    public string Everything => string.Join('\n', Lasting(_thread).Concat(Frames.Select(f => f.Everything)));

    public override string ToString() => $"\"{DisplayName}\" tid={OsId}\n{string.Join('\n', Frames.Take(60))}";

    private static IEnumerable<string> Lasting(JsonElement element) => element.EnumerateObject()
        .Where(p => p.Name is not ("cpuMs" or "recentCpu" or "own" or "stack" or "atLeastMs" or "object" or "lock"))
        .SelectMany(p => p.Value.ValueKind switch
        {
            JsonValueKind.Object => Lasting(p.Value).Select(v => $"{p.Name}.{v}"),
            JsonValueKind.Array when p.Name == "heldLocks" => p.Value.EnumerateArray().SelectMany(Lasting).Select(v => $"{p.Name}.{v}"),
            _ => [p.ToString()],
        });

    private bool? Flag(string name) => _thread.GetProperty(name) is { ValueKind: not JsonValueKind.Null } flag ? flag.GetBoolean() : null;
}
