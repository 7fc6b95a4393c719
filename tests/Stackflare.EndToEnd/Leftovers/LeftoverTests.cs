using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Leftovers;

/// <summary>What a program has after dumps that it had not before: one parked thread, and nothing else.</summary>
public sealed class LeftoverTests
{
    [Theory]
    [InFlavours(Spread.All, LooksAt.Stacks)]
    public async Task DumpsLeaveNoFileNoMappingNoDescriptorNoThread(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads");
        await target.DumpAsync();
        var (before, files) = (await target.SettledFiguresAsync(), Files(target));
        for (var i = 0; i < 10; i++)
            await target.DumpAsync();
        var after = await target.WaitForNothingBeyondAsync(before);

        Assert.Equal(files, Files(target));
        Assert.All(Files(target), f => Assert.StartsWith("dotnet-diagnostic-", f.Replace("clr-debug-pipe", "dotnet-diagnostic", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Single(after.ProbeMappings);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task ATrapCostsOneThread(string flavour)
    {
        await using var without = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        await using var with = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads");
        await with.DumpAsync();

        // The runtime keeps a thread for profilers that want to leave from the first attach on; it bears the name of the one that made it.
        // A program's last threads come some moments after it is ready, in either of them.
        List<string> more = [];
        await Poll.UntilAsync(() => More().Count == 1, "one thread more", () => string.Join('\n', more));
        Assert.StartsWith("thread Stackflare", Assert.Single(more), StringComparison.Ordinal);

        List<string> More()
        {
            more = [.. with.Figures.Beyond(without.Figures).Where(m => m.StartsWith("thread ", StringComparison.Ordinal))];
            more.Remove("thread .NET EventPipe");
            return more;
        }
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task DisposeEndsTheThreadAndClosesTheDescriptors(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads");
        await target.DumpAsync();
        Assert.Equal("disposed", await target.CommandAsync("dispose"));
        // The kernel has a thread for some moments after it was waited for.
        await WaitForNoThreadOfOursAsync(target);
        var before = await target.SettledFiguresAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("registered", await target.CommandAsync("register " + TargetOptions.JsonTrap));
            Assert.Equal("disposed", await target.CommandAsync("dispose"));
        }

        await target.WaitForNothingBeyondAsync(before);
        await WaitForNoThreadOfOursAsync(target);
    }

    /// <summary>A parked thread does not wake up by itself.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task ATrapThatIsNotUsedDoesNothing(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads");
        await target.DumpAsync();
        await target.Trap.WaitUntilParkedAsync();
        var before = target.Trap.Wakes;
        for (var i = 0; i < 100; i++)
            await target.AssertAliveAsync();
        Assert.Equal(before, target.Trap.Wakes);
    }

    private static Task WaitForNoThreadOfOursAsync(TargetProcess target) => Poll.UntilAsync(
        () => !target.ThreadNames.Any(n => n.StartsWith("Stackflare", StringComparison.Ordinal)), "the end of our thread", () => string.Join('\n', target.ThreadNames));

    private static string[] Files(TargetProcess target) =>
        [.. Directory.GetFileSystemEntries(target.TemporaryFolder).Select(f => Path.GetFileName(f)!).Order()];
}
