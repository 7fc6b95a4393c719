using Stackflare.Building.Async;
using Stackflare.EndToEnd.Harness;
using Stackflare.EndToEnd.Oracle;
using Stackflare.Snapshots;
using Stackflare.Symbols;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>The snapshot and the runtime's own debugging interface see the same async methods, and the same of them await each other.</summary>
public sealed class AsyncOracleTests
{
    [RequiresPtraceTheory]
    [InFlavours(Spread.Builds, LooksAt.StateMachines | LooksAt.Debugger)]
    public async Task EachBoxIsTheSame(string flavour)
    {
        await using var target = await StartAsync(flavour, "AsyncWaits", "--boxes", "500");
        HeapView view = HeapView.Of(target);
        ulong[] seen = DebuggerView.Read(target.Pid, runtime => runtime.Heap.EnumerateObjects().Where(DebuggerAwaiters.IsBox).Select(o => o.Address).Order().ToArray());
        Assert.True(seen.Length > 500);
        Assert.Equal(seen, view.Methods.Select(m => m.Record.Address).Order());
    }

    [RequiresPtraceTheory]
    [InFlavours(Spread.Builds, LooksAt.StateMachines | LooksAt.Debugger, "AsyncWaits")]
    [InFlavours(Spread.Builds, LooksAt.StateMachines | LooksAt.Debugger, "AsyncTruth")]
    public async Task WhoAwaitsWhomIsTheSame(string flavour, string shape)
    {
        await using var target = await StartAsync(flavour, shape);
        if (shape == "AsyncTruth")
            await TruthStack.AllOfAsync(target);
        Snapshot snapshot = HeapView.Whole(target);
        (ulong[] boxes, (ulong, ulong)[] links) = DebuggerView.Read(target.Pid, runtime => (DebuggerAwaiters.Boxes(runtime), DebuggerAwaiters.Links(runtime)));
        Assert.NotNull(snapshot.Heap);

        var symbolicator = new Symbolicator(new SymbolOptions { SingleFilePath = Processes.TargetProcess.Inspect(target.Pid).ExecutablePath });
        using SymbolSession session = symbolicator.Open(snapshot);
        var graph = new AsyncGraph(snapshot, new HeapObjects(snapshot, session));
        // Methods that the runtime itself suspends have no box, and the debugger does not know them.
        int[] own = [.. Enumerable.Range(0, graph.Boxes.All.Count).Where(IsBox)];
        Assert.Equal(boxes, own.Select(Address).Order());
        (ulong, ulong)[] seen = [.. own.SelectMany(b => Boxes(graph, graph.Awaited(b)).Where(IsBox).Select(a => (Address(a), Address(b)))).Distinct().Order()];
        Assert.True(links.Length > 10);
        Assert.True(links.SequenceEqual(seen), $"the debugger alone has\n{Describe(links.Except(seen))}\nthe snapshot alone has\n{Describe(seen.Except(links))}");

        bool IsBox(int box) => graph.Objects.Is(graph.Boxes.All[box].Object, HeapObjectTraits.Method);

        ulong Address(int box) => graph.Objects[graph.Boxes.All[box].Object].Address;

        string Describe(IEnumerable<(ulong, ulong)> pairs) => string.Join('\n', pairs.Select(p => $"{Name(p.Item1)} < {Name(p.Item2)}"));

        string Name(ulong address) => graph.Objects.Find(address) is >= 0 and var index ? graph.Objects.Type(index) : $"{address:x}";
    }

    /// <summary>The methods that are awaited, also through <c>WhenAll</c> and its like.</summary>
    private static IEnumerable<int> Boxes(AsyncGraph graph, Awaited awaited) =>
        awaited.Box >= 0 ? [awaited.Box] : graph.Promise(awaited) is { } promise ? promise.Members.SelectMany(u => Boxes(graph, u)) : [];

    private static Task<TargetProcess> StartAsync(string flavour, string shape, params string[] arguments) => TargetProcess.StartAsync(
        Flavour.Named(flavour), shape, TargetOptions.NoTrap with { Arguments = arguments, Shell = TargetOptions.Grandchild });
}
