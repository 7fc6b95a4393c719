using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Triggers;

/// <summary>Signals, and other code that handles the same one.</summary>
public sealed class HandlerTests
{
    private const string Usr1 = "10";

    /// <summary>128 + 10, as the shell counts.</summary>
    private const int KilledByUsr1 = 138;

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "usr1", 10)]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "usr2", 12)]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "quit", 3)]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "rt1", 35)]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "rt3", 37)]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "rt30", 64)]
    public async Task EverySignalThatMayAskForADumpGetsOneAndTheProgramGoesOn(string flavour, string name, int number)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "NamedThreads", TargetOptions.WithTrap($"signal={name};output=stderr;format=json"));
        for (var i = 0; i < 3; i++)
        {
            var dump = await target.DumpAsync(number);
            Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        }

        await target.AssertExitsWellAsync();
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task TwoSignalsHaveTwoTraps(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "NamedThreads", TargetOptions.WithTrap(TargetOptions.JsonTrap, "signal=usr2;output=delegate"));
        var dump = await target.DumpAsync();
        target.Signal(Kernel.Usr2);
        Assert.Equal($"{dump.Threads.Count(t => !KernelThreads.IsPassing(t.Name))}", await target.WaitForLineAsync("DUMPED "));
        await target.DumpAsync();
        Assert.Empty(target.Messages);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task WithoutChainAnEarlierHandlerIsNotCalled(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "NamedThreads", TargetOptions.Default with { Arguments = ["--before", Usr1] });
        await target.DumpAsync();
        Assert.Equal("disposed", await target.CommandAsync("dispose"));

        // Put back, it is called again; had it been called before, this would be its second line.
        target.Signal();
        await target.WaitForLinesAsync("HANDLED before", 1);
        await target.AssertAliveAsync();
        Assert.Single(target.Output.Text.Split('\n'), l => l.StartsWith("HANDLED", StringComparison.Ordinal));
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task WithChainAnEarlierHandlerIsCalledAsWell(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour),
            "NamedThreads",
            new TargetOptions { Traps = [TargetOptions.JsonTrap + ";chain=true"], Arguments = ["--before", Usr1] });
        await target.DumpAsync();
        await target.WaitForLinesAsync("HANDLED before", 1);
        await target.DumpAsync();
        await target.WaitForLinesAsync("HANDLED before", 2);
    }

    /// <summary>Who registers last has the signal, as without the library.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task ALaterHandlerOfTheRuntimeGetsTheSignal(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "NamedThreads", TargetOptions.Default with { Arguments = ["--after", Usr1] });
        target.Signal();
        await target.WaitForLinesAsync("HANDLED after", 1);
        await target.AssertAliveAsync();
    }

    /// <summary>Each answers the signal once; the one that was set first is called by the other if that chains.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks, true, 2)]
    [InFlavours(Spread.Newest, LooksAt.Stacks, false, 1)]
    public async Task TwoTrapsOfOneSignalAreTwoHandlers(string flavour, bool chain, int answers)
    {
        await using var target = await TargetProcess.StartAsync(
            // Until each trap has taken its first dump, the others wait.
            Flavour.Named(flavour), "NamedThreads", TargetOptions.WithTrap("signal=usr1;output=delegate;seconds=60", $"signal=usr1;output=delegate;seconds=60;chain={chain}"));
        target.Signal();
        await target.WaitForLinesAsync("DUMPED ", answers);
        Assert.Equal("disposed", await target.CommandAsync("dispose"));
        Assert.Equal(answers, target.Output.Text.Split('\n').Count(l => l.StartsWith("DUMPED ", StringComparison.Ordinal)));
        target.Signal();
        Assert.Equal(KilledByUsr1, await target.WaitForExitAsync());
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task DisposeGivesTheDefaultActionBack(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads");
        await target.DumpAsync();
        Assert.Equal("disposed", await target.CommandAsync("dispose"));
        target.Signal();
        Assert.Equal(KilledByUsr1, await target.WaitForExitAsync());
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task ATrapCanBeSetAgainAfterDispose(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads");
        for (var i = 0; i < 5; i++)
        {
            await target.DumpAsync();
            Assert.Equal("disposed", await target.CommandAsync("dispose"));
            Assert.Equal("registered", await target.CommandAsync("register " + TargetOptions.JsonTrap));
        }

        await target.DumpAsync();
        // The kernel has a thread for some moments after it was waited for.
        await Poll.UntilAsync(
            () => target.ThreadNames.Count(n => n.StartsWith("Stackflare", StringComparison.Ordinal)) == 1, "one thread of ours", () => string.Join('\n', target.ThreadNames));
    }
}
