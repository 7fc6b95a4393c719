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
        var (before, files) = (target.Figures, Files(target));
        for (var i = 0; i < 10; i++)
            await target.DumpAsync();
        await DescriptorsAreBackAtAsync(before, target);
        var after = target.Figures;

        Assert.Equal(files, Files(target));
        Assert.All(Files(target), f => Assert.StartsWith("dotnet-diagnostic-", f.Replace("clr-debug-pipe", "dotnet-diagnostic", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Single(after.ProbeMappings);
        Assert.Empty(after.Mappings.Except(before.Mappings));
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task ATrapCostsOneThread(string flavour)
    {
        await using var without = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        await using var with = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads");
        await with.DumpAsync();
        var more = with.ThreadNames.ToList();
        foreach (var name in without.ThreadNames)
            more.Remove(name);

        // The runtime compiles hot code again on a thread that comes and goes. And it keeps a thread for profilers that want to
        // leave from the first attach on; it bears the name of the one that made it.
        more.RemoveAll(n => n.StartsWith(".NET Tiered", StringComparison.Ordinal));
        more.Remove(".NET EventPipe");
        Assert.StartsWith("Stackflare", Assert.Single(more), StringComparison.Ordinal);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task DisposeEndsTheThreadAndClosesTheDescriptors(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads");
        await target.DumpAsync();
        Assert.Equal("disposed", await target.CommandAsync("dispose"));
        var before = target.Figures;
        Assert.DoesNotContain(target.ThreadNames, n => n.StartsWith("Stackflare", StringComparison.Ordinal));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("registered", await target.CommandAsync("register " + TargetOptions.JsonTrap));
            Assert.Equal("disposed", await target.CommandAsync("dispose"));
        }

        await DescriptorsAreBackAtAsync(before, target);
        Assert.DoesNotContain(target.ThreadNames, n => n.StartsWith("Stackflare", StringComparison.Ordinal));
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

    /// <summary>The runtime closes its end of a connection some moments after a dump has been written.</summary>
    private static Task DescriptorsAreBackAtAsync(ProcessFigures before, TargetProcess target) =>
        Poll.UntilAsync(() => target.Figures.Descriptors <= before.Descriptors, $"{before.Descriptors} descriptors as before", target.Describe);

    private static string[] Files(TargetProcess target) =>
        [.. Directory.GetFileSystemEntries(target.TemporaryFolder).Select(f => Path.GetFileName(f)!).Order()];
}
