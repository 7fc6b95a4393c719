using System.Collections.Concurrent;

namespace HangingApi;

/// <summary>The truth: how many requests hang where.</summary>
internal sealed class Hanging
{
    private readonly ConcurrentDictionary<string, int> _counts = new();

    /// <summary>A line for each place: how many, and the calls, innermost first.</summary>
    public string Text => string.Concat(_counts.Select(c => $"{c.Value} {c.Key}\n").Order(StringComparer.Ordinal));

    /// <summary>Begins the trail of a request.</summary>
    public Trail Begin() => new(this);

    /// <summary>Counts one more.</summary>
    public void Add(string calls) => _counts.AddOrUpdate(calls, 1, (_, count) => count + 1);
}
