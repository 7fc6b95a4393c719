using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Threads that handle an exception.</summary>
public sealed class ExceptionTests
{
    [Theory]
    [InlineData("optimized")]
    [InlineData("untiered")]
    [InlineData("net9")]
    public async Task TheExceptionBeingHandledIsNamed(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "ExceptionInFlight");
        var dump = await target.DumpAsync();
        Assert.Equal(
            target.Truth.Threads.Select(t => $"{t.Name}: {t.Exception ?? "none"}").Order(),
            target.Truth.Threads.Select(t => $"{t.Name}: {dump.Of(t).CurrentException ?? "none"}").Order());
    }

    /// <summary>
    /// The runtime keeps the frames below a handler until the handler is done, so that the stack has more than the author's calls:
    /// the place of the throw as well. What the author would look for is all there, in order, and first.
    /// </summary>
    [Theory]
    [MemberData(nameof(Flavours.All), MemberType = typeof(Flavours))]
    public async Task TheHandlerIsInnermostAndItsCallersFollow(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "ExceptionInFlight");
        var dump = await target.DumpAsync();
        Assert.All(target.Truth.Threads, thread =>
        {
            var calls = dump.Of(thread).Calls;
            Assert.Equal(thread.Calls[0], calls[0]);
            Assert.Equal(thread.Calls, calls.Intersect(thread.Calls));
        });
    }
}
