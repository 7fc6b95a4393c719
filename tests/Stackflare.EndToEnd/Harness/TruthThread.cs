namespace Stackflare.EndToEnd.Harness;

/// <summary>What a parked thread said of itself.</summary>
internal sealed record TruthThread(
    string? Name,
    int ManagedId,
    int OsId,
    bool IsBackground,
    bool IsThreadPool,
    string? Exception,
    string Trace,
    IReadOnlyList<TruthMark> Marks,
    IReadOnlyList<TruthHeld> Held,
    string? Wanted)
{
    /// <summary>The marks in the form that dumps are compared in.</summary>
    public IReadOnlyList<string> Calls => [.. Marks.Select(m => $"{m.Method}:{m.Line}")];

    /// <summary>Fails unless a dump has this thread with these calls and no others.</summary>
    public void AssertIn(JsonDump dump)
    {
        // As one string: of a list, a failure would show the beginnings of the elements.
        var thread = dump.Of(this);
        Assert.True(Calls.SequenceEqual(thread.Calls), $"expected {this}\n   {string.Join("\n   ", Calls.Take(50))}\nbut the dump has {thread}");
    }

    public override string ToString() => $"\"{Name}\" tid={OsId}";
}
