using System.Globalization;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Hard;

/// <summary>A great many dumps of a program that does everything at once.</summary>
public sealed class StressTests(ITestOutputHelper output)
{
    /// <summary>The dumps that may still cost something: code is compiled, caches and buffers find their size.</summary>
    private const int WarmUp = 200;

    /// <summary>
    /// The heap of the churning program itself moves by this much between two looks, dumps or none. A leak of 64 KiB a dump, less
    /// than a snapshot's size, would be 50 MiB.
    /// </summary>
    private const long ResidentSlack = 48L << 20;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(150);

    private static int Dumps =>
        int.TryParse(Environment.GetEnvironmentVariable("STACKFLARE_STRESS_DUMPS"), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 1000;

    /// <param name="flavour">The program.</param>
    /// <param name="share">The older runtimes get this part of the dumps.</param>
    [Theory]
    [InlineData("net11", 1.0)]
    [InlineData("optimized", 0.5)]
    [InlineData("net8", 0.2)]
    [InlineData("net9", 0.2)]
    public async Task AThousandDumpsOfAProgramInFullChurnLeaveNoTrace(string flavour, double share)
    {
        var deadline = Deadline.In(TimeLimit);
        var dumps = (int)(Dumps * share);
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Churn");
        var still = Assert.Single(target.Truth.Threads);
        var longest = 0.0;
        for (var i = 0; i < WarmUp; i++)
            await Once();
        var before = await Settled(target);

        for (var i = 0; i < dumps; i++)
            await Once();
        var after = await Settled(target);

        output.WriteLine($"after warm-up: {before}; after {dumps} more: {after}; longest pause {longest} ms");
        Assert.Empty(target.Messages);
        Assert.Equal(before.Descriptors, after.Descriptors);
        Assert.True(after.Threads <= before.Threads, $"{before} → {after}");
        Assert.True(after.ResidentBytes - before.ResidentBytes < ResidentSlack, $"{before} → {after}");
        Assert.Single(after.ProbeMappings);

        async Task Once()
        {
            var dump = await target.DumpAsync();
            still.AssertIn(dump);
            longest = Math.Max(longest, dump.PauseMilliseconds);
            target.ForgetErrorsRead();
            Assert.True(deadline.Left > TimeSpan.Zero, $"The stress took longer than {TimeLimit}.");
        }
    }

    /// <summary>
    /// Figures of the program at rest. Contexts that the churn has dropped give their files back some collections later, so
    /// it looks until collecting changes nothing any more.
    /// </summary>
    private static async Task<ProcessFigures> Settled(TargetProcess target)
    {
        const int Unchanged = 5;
        Assert.Equal("paused", await target.CommandAsync("pause"));
        var figures = target.Figures;
        for (var same = 0; same < Unchanged;)
        {
            Assert.Equal("collected", await target.CommandAsync("collect"));
            var next = target.Figures;
            same = next.Descriptors == figures.Descriptors && next.Threads == figures.Threads ? same + 1 : 0;
            figures = next;
        }

        Assert.Equal("resumed", await target.CommandAsync("resume"));
        return figures;
    }
}
