namespace Stackflare.Writers.Profiles;

/// <summary>A method of the flame graph, with the methods that it called along the same path.</summary>
/// <param name="name">The method's full name, escaped; or a text in brackets.</param>
internal sealed class FlameFrame(string name)
{
    private Dictionary<string, FlameFrame>? _calls;

    public string Name => name;

    /// <summary>How many samples have the path.</summary>
    public long Count { get; set; }

    /// <summary>Whether one of the samples has a source line for it.</summary>
    public bool HasLine { get; private set; }

    /// <summary>What it called: the methods of most samples first, equal ones by name.</summary>
    public IEnumerable<FlameFrame> Calls => _calls is null ? [] : _calls.Values.OrderByDescending(static f => f.Count).ThenBy(static f => f.Name, StringComparer.Ordinal);

    /// <summary>Finds or adds a method that it called.</summary>
    public FlameFrame Call(SampleFrame frame)
    {
        _calls ??= new(StringComparer.Ordinal);
        if (!_calls.TryGetValue(frame.Name, out FlameFrame? call))
            _calls.Add(frame.Name, call = new FlameFrame(frame.Name));
        call.HasLine |= frame.Line > 0;
        return call;
    }
}
