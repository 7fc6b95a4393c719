using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Threads that were stopped at some instruction of their own.</summary>
public sealed class SpinningTests
{
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    [InFlavours("untiered", LooksAt.Stacks)]
    [InFlavours("unoptimized", LooksAt.Stacks)]
    [InFlavours("net11, unoptimized", LooksAt.Stacks)]
    public async Task AThreadThatRunsStandsWithinItsLoop(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Spinning");
        const int Dumps = 10;
        int running = 0;
        for (var i = 0; i < Dumps; i++)
        {
            var dump = await target.DumpAsync();
            Assert.All(target.Truth.Threads, thread =>
            {
                var (last, first) = (thread.Marks[0], thread.Marks[1]);
                var dumped = dump.Of(thread);
                var frame = dumped.Frames.First(f => f.IsOfTarget && !f.FullName.EndsWith(".Step", StringComparison.Ordinal));
                Assert.Equal(first.Method, frame.FullName);

                // Before .NET 10 the bytes before the place tell whether it is behind a call, and may look like one: then the place is looked up one instruction before.
                int earliest = Flavour.Named(flavour).RuntimeMajor < 10 ? first.Line - 1 : first.Line;
                Assert.True(frame.Line >= earliest && frame.Line <= last.Line, $"not in lines {first.Line} to {last.Line}:\n{dumped}");
                if (dumped.Activity == "running")
                    running++;
            });
        }

        // Before .NET 10 the kernel's word counts, which may be of a moment in which the thread waits for its own compilation.
        int dumps = Dumps * target.Truth.Threads.Count;
        Assert.InRange(running, flavour is "net8" or "net9" ? dumps / 2 : dumps, dumps);
    }

    /// <summary>The runtime does not give the frames of such methods, and so the place of the thread is in none that it gives.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task AMethodThatWasMadeIsTheInnermostOfAThreadThatRunsInIt(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Spinning", TargetOptions.Default with { Arguments = ["--made", "1"] });
        const int Dumps = 10;
        int compiling = 0;
        for (var i = 0; i < Dumps; i++)
        {
            var dump = await target.DumpAsync();
            string[] compiled = [.. Visible(dump.Of(target.Truth.Named("compiling loop"))).Where(n => n != ".MadeLarge")];
            if (Array.IndexOf(compiled, "Stackflare.Targets.Shapes.Spinning.CallOnce") is >= 0 and var at)
            {
                Assert.True(at == 1 && compiled[0] == ".MadeCaller", string.Join('\n', compiled));
                compiling++;
            }
            JsonThread loop = dump.Of(target.Truth.Named("made loop")), calling = dump.Of(target.Truth.Named("made calling loop"));
            Assert.Equal([".MadeLoop", "Stackflare.Targets.Shapes.Spinning.Start.lambda"], Visible(loop).Take(2));
            // It may be in the method that the loop calls.
            Assert.Equal([".MadeCallingLoop", "Stackflare.Targets.Shapes.Spinning.Start.lambda"], Visible(calling).SkipWhile(n => n.EndsWith(".Step", StringComparison.Ordinal)).Take(2));
            Assert.All([loop, calling], t => Assert.Equal("running", t.Activity));
        }

        // A method that a made method calls is compiled.
        Assert.True(compiling > Dumps / 2, $"{compiling}");

        static IEnumerable<string> Visible(JsonThread thread) => thread.Frames.Where(f => !f.IsHidden).Select(f => f.FullName);
    }
}
