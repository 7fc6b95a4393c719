using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Async;

/// <summary>Which channel async methods wait for, how full it is, and how many wait for it.</summary>
public sealed class ChannelTests
{
    private static readonly (string Method, string Operation, int Stacks, int? Items, int? Capacity, int Readers, int Writers, string Text)[] Waits =
    [
        ("SendAsync", "Write", 4, 100, 100, 0, 4, ", full: 100 of 100 items, 4 writers wait"),
        ("ReceiveAsync", "Read", 2, 0, 100, 2, 0, ", empty: 0 of 100 items, 2 readers wait"),
        ("ListenAsync", "Read", 1, 0, null, 1, 0, ", empty, 1 reader waits"),
        ("WatchAsync", "Read", 1, 0, null, 1, 0, ", empty, 1 reader waits"),
    ];

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Async)]
    [InFlavours("unoptimized", LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Async)]
    public async Task AChannelHasItsStateAndItsWaiters(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Parcels");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all methods to wait", d => Waits.All(w => Of(d, w.Method).Length == w.Stacks));
        string text = LiveDumps.Text(dump, new RenderOptions());
        Assert.All(Waits, w =>
        {
            AsyncStack[] stacks = Of(dump, w.Method);
            AsyncWait first = stacks[0].WaitingFor;
            Assert.StartsWith("System.Threading.Channels.", first.Type, StringComparison.Ordinal);
            Assert.All(stacks, s => Assert.Equal(
                (AsyncWaitKind.Channel, w.Operation, first.Object, w.Items, w.Capacity, w.Readers, w.Writers),
                (s.WaitingFor.Kind, s.WaitingFor.Operation, s.WaitingFor.Object, s.WaitingFor.Items, s.WaitingFor.Capacity, s.WaitingFor.Readers, s.WaitingFor.Writers)));
            Assert.Contains($"{w.Stacks} async {(w.Stacks == 1 ? "stack" : "stacks")} waiting for a channel ({w.Operation}) <{first.Object}>{w.Text}", text, StringComparison.Ordinal);
        });
        Assert.Equal(Waits.Length, Waits.Select(w => Of(dump, w.Method)[0].WaitingFor.Object).Distinct().Count());
    }

    /// <summary>Before .NET 10, most channels keep their waiters in other objects, and only the operation is known.</summary>
    [Theory]
    [InFlavours("net9", LooksAt.Async)]
    public async Task AnOlderChannelHasNoStateButIsAChannel(string flavour)
    {
        await using var target = await DeadlockTests.StartAsync(flavour, "Parcels");
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all methods to wait", d => Waits.All(w => Of(d, w.Method).Length == w.Stacks));
        Assert.All(Waits, w => Assert.All(Of(dump, w.Method), s =>
        {
            bool isKnown = w.Method == "WatchAsync";
            Assert.Equal((AsyncWaitKind.Channel, isKnown ? w.Items : null, isKnown ? w.Readers : null), (s.WaitingFor.Kind, s.WaitingFor.Items, s.WaitingFor.Readers));
        }));
    }

    private static AsyncStack[] Of(ThreadDump dump, string method) =>
        [.. dump.AsyncStacks.Where(s => s.Frames.Any(f => f.Method.FullName == "Stackflare.Targets.Shapes.Problems.Parcels." + method))];
}
