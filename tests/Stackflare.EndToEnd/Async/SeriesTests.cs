using Stackflare.Analysis;
using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>What is unchanged in the second of two dumps is what has not gone on in between. The program makes sure that the rest has.</summary>
public sealed class SeriesTests
{
    [Theory]
    [InFlavours(Spread.Builds, LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Async)]
    public async Task OnlyWhatStandsStillIsUnchanged(string flavour)
    {
        string[] expected = ["StillAllAsync", "StillDelayAsync", "StillGateAsync", "StillOuterAsync", "StillTaskAsync", "StillTaskAsync"];
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Carousel", TargetOptions.NoTrap);
        using var dumps = new LiveDumps(target.Pid, target.Describe, new CaptureOptions { AsyncStacks = AsyncStackMode.Always });
        ThreadDump second;
        string[] unchanged, still;
        var deadline = Deadline.In();
        do
        {
            // After a collection in between, less can be known. What has gone round is never unchanged.
            (second, unchanged) = await CompareAsync("round");
            AssertNoneHasMoved(unchanged);
            still = [.. unchanged.Where(static n => n.StartsWith("Still", StringComparison.Ordinal))];
        }
        while (still.Length < expected.Length && deadline.Left > TimeSpan.Zero);
        Assert.Equal(expected, still);
        // A state machine tells one wait for a channel from the next. A continuation of the runtime does not.
        if (Flavour.Named(flavour) != Flavour.RuntimeAsync)
            Assert.Contains("IdleChannelAsync", unchanged);
        Assert.Contains(second.Threads, t => t.Name == "still" && second.Unchanged!.Has(t));
        Assert.DoesNotContain(second.Threads, t => t.Name == "moving" && second.Unchanged!.Has(t));
        string text = LiveDumps.Text(second, new RenderOptions());
        Assert.Contains("\nUnchanged in both dumps, over ", text, StringComparison.Ordinal);
        Assert.Matches("(?m)^2 async stacks waiting for TaskCompletionSource <0x[0-9a-f]+>, unchanged in both dumps$", text);

        // A collection moves objects, and others come to their places.
        (_, unchanged) = await CompareAsync("collect", "round");
        AssertNoneHasMoved(unchanged);

        async Task<(ThreadDump Second, string[] Unchanged)> CompareAsync(params string[] commands)
        {
            var comparison = new DumpComparison();
            comparison.Add(dumps.Take());
            foreach (string command in commands)
                await target.CommandAsync(command);
            ThreadDump dump = comparison.Add(dumps.Take());
            return (dump, [.. dump.AsyncStacks.Where(dump.Unchanged!.Has).Select(static s => s.Frames[^1].Method.Name).Order(StringComparer.Ordinal)]);
        }
    }

    private static void AssertNoneHasMoved(IEnumerable<string> unchanged) =>
        Assert.DoesNotContain(unchanged, static n => n.StartsWith("Moving", StringComparison.Ordinal));
}
