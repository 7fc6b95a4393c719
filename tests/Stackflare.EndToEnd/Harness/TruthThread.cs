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
    IReadOnlyList<TruthMark> Marks)
{
    /// <summary>The marks in the form that dumps are compared in.</summary>
    public IReadOnlyList<string> Calls => [.. Marks.Select(m => $"{m.Method}:{m.Line}")];
}
