using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Awaits;

/// <summary>
/// Async methods that wait, each of which knows at which line and for what. With <c>--deep N</c>, there is nothing but a chain of N. With
/// <c>--churn 1</c>, others come and go beside them, and garbage is collected all the time.
/// </summary>
internal sealed class AsyncTruth : Shape
{
    public override void Start(Host host)
    {
        var cases = new AsyncCases(host);
        if (host.Options.Number("--deep", 0) is > 0 and var depth)
        {
            Recursion.BeginDeep(cases, depth);
            return;
        }

        Nesting.Begin(cases);
        Loops.Begin(cases);
        Statements.Begin(cases);
        Disposals.Begin(cases);
        Iterators.Begin(cases);
        Functions.Begin(cases);
        Generics<string>.Begin(cases);
        Values.Begin(cases);
        Awaiters.Begin(cases);
        Contexts.Begin(cases);
        Many.Begin(cases);
        Tasks.Begin(cases);
        Work.Begin(cases);
        Runners.Begin(cases);
        Mixed.Begin(cases);
        Times.Begin(cases);
        Gates.Begin(cases);
        Channels.Begin(cases);
        Streams.Begin(cases);
        Shared.Begin(cases);
        Recursion.Begin(cases);
        Blocked.Begin(cases);
        if (host.Options.Number("--churn", 0) != 0)
            new AsyncChurn().Start();
    }
}
