using System.Collections.Concurrent;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>A context whose work one thread or a few run, each in a loop of its own.</summary>
internal sealed class DeskContext : SynchronizationContext
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _work = [];

    public override void Post(SendOrPostCallback d, object? state) => _work.Add((d, state));

    public void Run()
    {
        SetSynchronizationContext(this);
        foreach ((SendOrPostCallback callback, object? state) in _work.GetConsumingEnumerable())
            callback(state);
    }
}
