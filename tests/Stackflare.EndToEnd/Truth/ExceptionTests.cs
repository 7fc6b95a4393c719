using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Threads that handle an exception.</summary>
public sealed partial class ExceptionTests
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

    /// <summary>
    /// The runtime tells of a method whose handler runs as if it still stood at the call that threw; so does <see cref="Exception.StackTrace"/>.
    /// </summary>
    [Theory]
    [InFlavours(Spread.Code, LooksAt.Stacks)]
    [InFlavours("net11, self-contained", LooksAt.Stacks)]
    public async Task AHandlerStandsWhereDotNetSaysItDoes(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "ExceptionInFlight");
        var dump = await target.DumpAsync();
        Assert.All(target.Truth.Threads, thread =>
        {
            var calls = FrameLine().Matches(thread.Trace).Select(m => $"{m.Groups[1].Value}:{m.Groups[2].Value}");
            Assert.Equal(string.Join('\n', calls), string.Join('\n', dump.Of(thread).Calls));
            Assert.Equal(thread.Marks.Select(m => m.Method), dump.Of(thread).Calls.Select(c => c.Split(':')[0]));
        });
    }

    [GeneratedRegex(@"at (Stackflare\.Targets\.Shapes\.ExceptionInFlight\.\w+)\(.*:line (\d+)")]
    private static partial Regex FrameLine();
}
