using System.Globalization;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Stress;

/// <summary>Programs in a state in which nothing else works any more.</summary>
public sealed class HardProgramTests
{
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task ADumpArrivesWhenThePoolIsSaturated(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "PoolSaturated");
        var dump = await target.DumpAsync();
        Assert.Equal(4, target.Truth.Threads.Count);
        Assert.All(target.Truth.Threads, thread =>
        {
            thread.AssertIn(dump);
            Assert.NotEqual(false, dump.Of(thread).IsThreadPool);
        });
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task AnAwaitedDumpArrivesWhenThePoolIsSaturated(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "PoolSaturated");
        string[] answer = (await target.CommandAsync("capture-async")).Split(' ');
        Assert.True(int.Parse(answer[0], CultureInfo.InvariantCulture) > target.Truth.Threads.Count, answer[0]);
        Assert.Equal("False", answer[1]);
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task ADumpArrivesWhenAllThreadsAreDeadlocked(string flavour)
    {
        // On .NET 8 taking a lock is no managed method that a dump could tell it by, and of locks nothing is known.
        string activity = Flavour.Named(flavour).RuntimeMajor == 8 ? "waiting" : "blocked";
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AllDeadlocked");
        var dump = await target.DumpAsync();
        Assert.All(target.Truth.Threads, thread =>
        {
            thread.AssertIn(dump);
            Assert.Equal(activity, dump.Of(thread).Activity);
        });
        await target.AssertAliveAsync();
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task AThousandThreadsAreAllThere(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "ManyThreads");
        var dump = await target.DumpAsync();
        Assert.Equal(1000, target.Truth.Threads.Count);
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task TenThousandFramesAreAllThere(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "DeepRecursion");
        var dump = await target.DumpAsync();
        Assert.All(target.Truth.Threads, thread =>
        {
            Assert.Equal(10_000, thread.Calls.Count);
            thread.AssertIn(dump);
            Assert.Equal("complete", dump.Of(thread).Completeness);
        });
    }

    /// <summary>The innermost call and the outermost stand on lines of their own; the rest is one line, or one pair of lines, and a count.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "self", 1, 9_999)]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "mutual", 2, 9_998)]
    public async Task TextFoldsARecursionAndCountsItExactly(string flavour, string thread, int period, int folded)
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "DeepRecursion", TargetOptions.WithTrap("signal=usr1;output=stderr;format=text"));
        target.Signal();
        var dump = await target.Errors.WaitAsync(
            bytes => new TextDump(System.Text.Encoding.UTF8.GetString(bytes.Span)) is var text && text.HasWhole(thread) ? text : null, "the thread's stack");

        string[] lines = [.. dump.LinesOf(thread).Where(l => l.StartsWith("   ", StringComparison.Ordinal) && !l.StartsWith("      ", StringComparison.Ordinal))];
        var note = Assert.Single(lines, l => l.StartsWith("   ...", StringComparison.Ordinal));
        var more = (folded / period) - 1;
        Assert.Equal(
            period == 1 ? $"   ... the frame above repeated {more:N0} more times" : $"   ... the {period} frames above repeated {more:N0} more times",
            note);

        // Shown once, the fold's period; and the innermost call, whose line is another.
        var own = lines.Count(l => l.Contains(".DeepRecursion.", StringComparison.Ordinal) && !l.Contains(".lambda(", StringComparison.Ordinal));
        Assert.Equal(10_000, own - period + folded);
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task AMainThreadInNativeCodeIsNoObstacle(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NativeCall");
        var dump = await target.DumpAsync();
        var main = dump.Threads.Single(t => t.IsMain);
        Assert.Equal("Stackflare.Targets.Common.Libc.ReadForever", main.Frames.First(f => f.DeclaringType.StartsWith("Stackflare.", StringComparison.Ordinal) && !f.FullName.EndsWith(".read", StringComparison.Ordinal)).FullName);
        Assert.Equal("waiting", main.Activity);
    }

    /// <summary>They come while a dump is being written that nobody reads yet: one more is taken for all of them.</summary>
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task ABurstOfSignalsBecomesOneMoreWholeDump(string flavour)
    {
        // Lines are written whole: the last that would fit into the pipe in part waits.
        const int allButALine = 60 << 10;
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "ManyThreads", TargetOptions.Default with { ReadStandardError = false });
        target.Signal();
        await Poll.UntilAsync(() => target.UnreadErrors >= allButALine, "a full pipe", target.Describe);
        for (var i = 0; i < 200; i++)
            target.Signal();
        await Poll.UntilAsync(() => !IsPending(target.Pid, Kernel.Usr1), "the last signal to be handled", target.Describe);
        await target.AssertAliveAsync();
        target.ReadErrors();
        for (var i = 0; i < 2; i++)
        {
            var dump = await target.NextDumpAsync();
            Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        }

        // Disposing finishes the dump that is being written, and the end of the program ends the stream: then all dumps are here.
        Assert.Equal("disposed", await target.CommandAsync("dispose"));
        await target.AssertExitsWellAsync();
        await target.WaitForEndOfErrorsAsync();
        // The thread that handles the last signal may have been between its end in the kernel and its beginning in the handler.
        Assert.InRange(target.DumpsSoFar().Count(), 0, 1);
        Assert.Empty(target.Messages);
        Assert.True(target.HasReadAllErrors, target.Describe());
    }

    private static bool IsPending(int pid, int signal)
    {
        string pending = File.ReadLines($"/proc/{pid}/status").Single(l => l.StartsWith("ShdPnd:", StringComparison.Ordinal)).Split('\t')[1];
        return (ulong.Parse(pending, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture) >> (signal - 1) & 1) != 0;
    }

    [Theory]
    [InlineData("net11", "heap")]
    [InlineData("optimized", "threads")]
    [InlineData("net11", "dynamic")]
    [InlineData("optimized", "contexts")]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks, "heap,threads,dynamic,contexts")]
    public async Task ProgramsThatNeverStandStillAreDumpedAndGoOn(string flavour, string ways)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Churn", TargetOptions.Default with { Arguments = ["--with", ways] });
        var still = Assert.Single(target.Truth.Threads);
        for (var i = 0; i < 20; i++)
            still.AssertIn(await target.DumpAsync());

        foreach (var way in ways.Split(','))
        {
            var before = long.Parse(await target.CommandAsync("progress " + way), System.Globalization.CultureInfo.InvariantCulture);
            for (var deadline = Deadline.In(); long.Parse(await target.CommandAsync("progress " + way), System.Globalization.CultureInfo.InvariantCulture) <= before;)
                Assert.True(deadline.Left > TimeSpan.Zero, $"no progress in {way}\n{target.Describe()}");
        }
    }
}
