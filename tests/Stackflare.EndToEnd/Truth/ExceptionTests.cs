using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Threads that handle an exception.</summary>
public sealed class ExceptionTests
{
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Ids)]
    [InFlavours("untiered", LooksAt.Ids)]
    public async Task TheExceptionBeingHandledIsNamed(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "ExceptionInFlight");
        var dump = await target.DumpAsync();
        Assert.Equal(
            target.Truth.Threads.Select(t => $"{t.Name}: {t.Exception ?? "none"}").Order(),
            target.Truth.Threads.Select(t => $"{t.Name}: {dump.Of(t).CurrentException ?? "none"}").Order());
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Ids)]
    public async Task TheExceptionBeingHandledSaysWhatItSays(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "ExceptionInFlight");
        var dump = await target.DumpAsync();
        Assert.Equal([("System.InvalidOperationException", "one")], Of("catch"));
        Assert.Equal([("System.InvalidOperationException", "two")], Of("finally"));
        Assert.Equal([("System.FormatException", "inner"), ("System.InvalidOperationException", "outer")], Of("nested"));
        Assert.Empty(Of("handled"));

        IEnumerable<(string, string?)> Of(string thread) => dump.Of(target.Truth.Named(thread)).Exceptions;
    }

    /// <summary>
    /// A method whose handler runs is at the line in the handler. The runtime says of it that it still is at the call that threw, and so does
    /// <see cref="Exception.StackTrace"/>: the program's own marks are the truth.
    /// </summary>
    [Theory]
    [InFlavours(Spread.Code, LooksAt.Stacks)]
    [InFlavours("net11, self-contained", LooksAt.Stacks)]
    public async Task AHandlerIsAtItsOwnLine(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "ExceptionInFlight");
        var dump = await target.DumpAsync();
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
    }
}
