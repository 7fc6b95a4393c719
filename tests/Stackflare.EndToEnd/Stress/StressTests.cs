using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Stress;

/// <summary>A great many dumps of a program that does everything at once.</summary>
[Trait(Runs.Trait, Runs.Long)]
public sealed class StressTests(ITestOutputHelper output)
{
    /// <summary>The dumps that may still cost something: code is compiled, caches and buffers find their size.</summary>
    private static readonly int WarmUp = Runs.Times(gate: 100, full: 200);

    /// <summary>The heap of the churning program itself grows and shrinks, dumps or none. What a dump leaves behind is there more of after each part.</summary>
    private const int Parts = 4, MostParts = 12;

    /// <summary>Less than a snapshot's size.</summary>
    private const long ResidentBytesOfADump = 48 << 10;

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task ManyDumpsOfAProgramInFullChurnLeaveNoTrace(string flavour)
    {
        var dumps = Runs.Times(gate: Flavour.Named(flavour).RuntimeMajor >= 10 ? 200 : 100, full: 1000) / Parts;
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Churn");
        var still = Assert.Single(target.Truth.Threads);
        var longest = 0.0;
        await TakeAsync(WarmUp);
        List<ProcessFigures> figures = [await SettledAsync(target)];
        // The memory of a churning program goes up and down by megabytes. If it went up each time, it is looked at for longer: a leak does not stop.
        for (var part = 0; part < Parts || (part < MostParts && Grows()); part++)
        {
            await TakeAsync(dumps);
            figures.Add(await SettledAsync(target));
        }

        output.WriteLine($"after warm-up, and after each of {figures.Count - 1} times {dumps} dumps more: {string.Join("; ", figures)}; longest pause {longest} ms");
        Assert.Empty(target.Messages);
        Assert.Empty(figures[^1].Beyond(figures[0]));
        Assert.False(Grows(), string.Join(" → ", figures));
        Assert.Single(figures[^1].ProbeMappings);

        bool Grows() => figures.Zip(figures.Skip(1)).All(f => f.Second.ResidentBytes - f.First.ResidentBytes >= ResidentBytesOfADump * dumps);

        async Task TakeAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var dump = await target.DumpAsync();
                still.AssertIn(dump);
                longest = Math.Max(longest, dump.PauseMilliseconds);
                target.ForgetErrorsRead();
            }
        }
    }

    /// <summary>
    /// Figures of the program at rest. Contexts that the churn has dropped give their files back some collections later, so
    /// it looks until collecting changes nothing any more.
    /// </summary>
    private static async Task<ProcessFigures> SettledAsync(TargetProcess target)
    {
        const int Unchanged = 5;
        Assert.Equal("paused", await target.CommandAsync("pause"));
        var figures = await target.SettledFiguresAsync();
        var deadline = Deadline.In();
        for (var same = 0; same < Unchanged;)
        {
            Assert.True(deadline.Left > TimeSpan.Zero, $"it does not come to rest: {figures}");
            Assert.Equal("collected", await target.CommandAsync("collect"));
            var next = target.Figures;
            same = next.Beyond(figures).Count == 0 && figures.Beyond(next).Count == 0 ? same + 1 : 0;
            figures = next;
        }

        Assert.Equal("resumed", await target.CommandAsync("resume"));
        return figures;
    }
}
