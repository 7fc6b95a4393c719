using System.Globalization;
using Stackflare.EndToEnd.Harness;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>Async methods in a collectible load context have their names and lines, while it is unloaded too, and a dump does not keep it.</summary>
public sealed class CollectedAwaitTests
{
    [Theory]
    [InFlavours("net11", LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Async)]
    [InFlavours("net11, runtime async, untiered", LooksAt.Async)]
    public async Task TheContextCanStillBeUnloaded(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "CollectedAwaits", TargetOptions.NoTrap);
        int[] lines = [.. (await target.CommandAsync("lines")).Split(',').Select(l => int.Parse(l, CultureInfo.InvariantCulture))];
        Assert.Equal(2, lines.Length);
        AssertThere(target, lines);
        await target.CommandAsync("unload");
        AssertThere(target, lines);
        Assert.Equal("gone", await target.CommandAsync("release"));
        Assert.DoesNotContain(AsyncTruthTests.Take(target).AsyncStacks, s => s.Frames.Any(IsOfContext));
        await target.AssertAliveAsync();
    }

    private static void AssertThere(TargetProcess target, int[] lines)
    {
        AsyncStack stack = Assert.Single(AsyncTruthTests.Take(target).AsyncStacks, s => s.Frames.Any(IsOfContext));
        (string, int)[] expected = [("Inner", lines[0]), ("Outer", lines[1])];
        Assert.Equal(expected, stack.Frames.Where(IsOfContext).Select(f => (f.Method.Name, f.Source?.Line ?? 0)));
    }

    private static bool IsOfContext(DumpFrame frame) => frame.Method.DeclaringType.EndsWith("CollectedAwaits", StringComparison.Ordinal);
}
