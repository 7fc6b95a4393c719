using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Threads that were stopped at some instruction of their own.</summary>
public sealed class SpinningTests
{
    [Theory]
    [InlineData("optimized")]
    [InlineData("untiered")]
    [InlineData("unoptimized")]
    [InlineData("net8")]
    [InlineData("net9")]
    public async Task AThreadThatRunsStandsWithinItsLoop(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Spinning");
        for (var i = 0; i < 10; i++)
        {
            var dump = await target.DumpAsync();
            Assert.All(target.Truth.Threads, thread =>
            {
                var (last, first) = (thread.Marks[0], thread.Marks[1]);
                var dumped = dump.Of(thread);
                var frame = dumped.Frames.First(f => f.IsOfTarget && !f.FullName.EndsWith(".Step", StringComparison.Ordinal));
                Assert.Equal(first.Method, frame.FullName);

                // .NET 8 does not tell an interrupted thread from one in a call: its place is looked up one instruction before.
                var earliest = flavour == "net8" ? first.Line - 1 : first.Line;
                Assert.True(frame.Line >= earliest && frame.Line <= last.Line, $"not in lines {first.Line} to {last.Line}:\n{dumped}");
                Assert.Equal("running", dumped.Activity);
            });
        }
    }
}
