using Stackflare.Capture.Probe;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>The heap of a program that begins and ends async methods and collects in every way there is, over and over.</summary>
[Trait(Runs.Trait, Runs.Long)]
public sealed class AsyncStressTests(ITestOutputHelper output)
{
    private static readonly int Captures = Runs.Times(gate: 40, full: 500);

    /// <summary>
    /// Before .NET 11, without background collections being kept out, one of some hundred captures ended the program. From then on the heap is read while they go on.
    /// </summary>
    [Theory]
    [InFlavours("net9", LooksAt.StateMachines, "0")]
    [InFlavours("optimized", LooksAt.StateMachines, "1")]
    [InFlavours("net11", LooksAt.StateMachines, "0")]
    [InFlavours("net11", LooksAt.StateMachines, "1")]
    public async Task AHeapInFullChurnIsReadWhole(string flavour, string serverCollector)
    {
        var environment = new Dictionary<string, string?> { ["DOTNET_gcServer"] = serverCollector };
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "AsyncWaits", TargetOptions.NoTrap with { Arguments = ["--churn", "1"], Environment = environment });
        Func<RawSnapshot> take = HeapView.Snapshots(target, new HeapLimits { Pause = TimeSpan.FromSeconds(5) });
        var collecting = 0;
        for (var i = 0; i < Captures; i++)
        {
            // How many background collections do not end in time is a matter of who else wants the processors: there has to be one more heap.
            RawSnapshot snapshot = take();
            for (var deadline = Deadline.In(); snapshot.Heap?.Info.Status == HeapStatus.Collecting; snapshot = take())
            {
                Assert.True(deadline.Left > TimeSpan.Zero, "no background collection ends in time");
                collecting++;
            }

            HeapView view = HeapView.Of(snapshot);
            Assert.Equal(
                AsyncHeapTests.Truth.Order(),
                AsyncHeapTests.Truth.Select(t => (t.Name, view.Named(t.Name).Count(), Assert.Single(view.Named(t.Name).Select(m => m.State).Distinct()))).Order());
            // Each copy begins with what the snapshot says is the object's type; the types that the runtime makes of continuations have no name.
            Assert.All(view.Heap.Objects.Where(o => !o.Flags.HasFlag(HeapObjectFlags.Continuation)), o => Assert.Equal(snapshot.Types[o.Type].ClassId, view.Word(o, 0) & ~7ul));
        }

        output.WriteLine($"{Captures} heaps; {collecting} snapshots were taken without, as a background collection did not end");
        // The collector's own descriptor needs no collection to end.
        Assert.True(Flavour.Named(flavour).RuntimeMajor < 11 || collecting == 0);
        await target.AssertAliveAsync();
    }
}
