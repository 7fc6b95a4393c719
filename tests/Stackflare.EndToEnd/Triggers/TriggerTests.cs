using System.Globalization;
using System.Text;
using System.Text.Json;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Triggers;

/// <summary>Programs that notice their own trouble: the reason of each dump, the line of the culprit, and the same program without trouble.</summary>
public sealed class TriggerTests
{
    private const int Abort = 134, Threshold = 500;

    private static readonly string Source = Path.Combine(TestPaths.RepositoryRoot, "tests", "Targets", "Shapes", "Watched.cs");

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    [InFlavours("unoptimized", LooksAt.Stacks)]
    public async Task AStarvedPoolCausesThreeDumpsAndOnceMoreTheNextTime(string flavour)
    {
        await using var target = await StartAsync(flavour, "pool");
        for (int incident = 1; incident <= 2; incident++)
        {
            await target.CommandAsync("starve");
            for (int i = 1; i <= 3; i++)
            {
                JsonDump dump = await target.NextDumpAsync();
                AssertReason(dump, "threadPool", $"for a thread of the pool, dump {i} of 3");
                Assert.Contains(dump.Threads, t => t.Frames.Any(f => IsAt(f, "starve")));
                Assert.DoesNotContain("Canary", dump.Root.GetProperty("threadPool").ToString(), StringComparison.Ordinal);
            }
            await target.CommandAsync("recover");
            await target.Errors.WaitAsync(
                bytes => CountOf("stackflare: the thread pool runs queued work again; it had not for ", bytes) == incident ? "" : null, $"the end of incident {incident}");
        }
        Assert.Empty(target.DumpsSoFar());
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    [InFlavours("unoptimized", LooksAt.Stacks)]
    public async Task AScopeThatIsNotLeftCausesOneDump(string flavour)
    {
        await using var target = await StartAsync(flavour, "after");
        Assert.Equal("passed", await target.CommandAsync("pass"));
        await target.CommandAsync("hang 20");
        JsonDump dump = await target.NextDumpAsync();
        AssertReason(dump, "deadline", $"Hang in {Source}:line {LineOf("scope")} has taken {Threshold}ms");
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", dump.Root.GetProperty("reason").GetProperty("traceId").GetString());
        Assert.Equal(20, dump.Threads.Count(t => t.Frames.Any(f => IsAt(f, "hang"))));
        await target.AssertAliveAsync();
        Assert.Empty(target.DumpsSoFar());
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task AScopeCanRepeatItsDump(string flavour)
    {
        await using var target = await StartAsync(flavour, "after", "--repeat", "yes");
        await target.CommandAsync("hang 1");
        // A repetition is left out if the dump before it took most of the time between them.
        for (int i = 1, passed = 0; i <= 3; i++)
        {
            JsonDump dump = await target.NextDumpAsync();
            while (++passed < 100 && !Reason(dump).EndsWith($"has taken {Written(passed * Threshold)}", StringComparison.Ordinal))
                Assert.False(i == 1, Reason(dump));
            AssertReason(dump, "deadline", $"has taken {Written(passed * Threshold)}");
        }

        static string Written(int ms) => ms % 1000 == 0 ? $"{ms / 1000}s" : $"{ms}ms";

        static string Reason(JsonDump dump) => dump.Root.GetProperty("reason").GetProperty("text").GetString()!;
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task AScopeCanEndTheProcess(string flavour)
    {
        await using var target = await StartAsync(flavour, "after", "--exit", "7");
        await target.CommandAsync("hang 1");
        Assert.Equal(7, await target.WaitForExitAsync());
        AssertReason(await target.NextDumpAsync(), "deadline", "has taken");
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Locks)]
    public async Task EachDeadlockCausesOneDump(string flavour)
    {
        await using var target = await StartAsync(flavour, "deadlock");
        await target.CommandAsync("lock");
        JsonDump dump = await target.NextDumpAsync();
        AssertReason(dump, "deadlock", "a deadlock");
        Assert.Equal(2, dump.Threads.Count(t => t.Frames.Any(f => IsAt(f, "lock"))));
        Assert.Single(dump.Root.GetProperty("deadlocks").EnumerateArray());

        // The next dump is of the next deadlock: later looks at the first one caused none.
        await target.CommandAsync("lock");
        AssertReason(await target.NextDumpAsync(), "deadlock", "2 deadlocks");
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "thread")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "async")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "finalizer")]
    [InFlavours("unoptimized", LooksAt.Stacks, "thread")]
    public async Task AnUnhandledExceptionCausesADumpBeforeTheEnd(string flavour, string where)
    {
        await using var target = await StartAsync(flavour, "exception");
        await target.SendAsync($"throw {where}");
        Assert.Equal(Abort, await target.WaitForExitAsync());
        JsonDump dump = await target.NextDumpAsync();
        AssertReason(dump, "unhandledException", "unhandled exception System.FormatException");
        JsonThread thread = Assert.Single(dump.Threads, t => t.Exceptions.Contains(("System.FormatException", "a bad day")));
        // An exception of an async void method is thrown again, by the pool's thread; the method has ended.
        Assert.Equal(where != "async", thread.Frames.Any(f => IsAt(f, "throw")));
        // The runtime's own account of it follows.
        await target.WaitForEndOfErrorsAsync();
        Assert.Contains("Unhandled exception. System.FormatException: a bad day", target.Errors.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task AProgramWithoutTroubleCausesNoDump(string flavour)
    {
        foreach (string watch in (string[])["pool", "after", "deadlock", "shutdown", "exception"])
        {
            // On a busy machine, the exit of a healthy process takes longer than the usual threshold. The last one counts.
            await using var target = await StartAsync(flavour, watch, watch == "shutdown" ? ["--threshold", "60000"] : []);
            Assert.Equal("passed", await target.CommandAsync("pass"));
            await target.AssertExitsWellAsync();
            await target.WaitForEndOfErrorsAsync();
            Assert.Equal("", target.Errors.Text);
        }
    }

    private static Task<TargetProcess> StartAsync(string flavour, string watch, params string[] more) => TargetProcess.StartAsync(
        Flavour.Named(flavour), "Watched",
        TargetOptions.NoTrap with { Arguments = ["--watch", watch, "--threshold", Threshold.ToString(CultureInfo.InvariantCulture), .. more] });

    private static void AssertReason(JsonDump dump, string kind, string text)
    {
        JsonElement reason = dump.Root.GetProperty("reason");
        Assert.Equal(kind, reason.GetProperty("kind").GetString());
        Assert.Contains(text, reason.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    private static bool IsAt(JsonFrame frame, string place) => frame.SourcePath == Source && frame.Line == LineOf(place);

    private static int LineOf(string place) => SourceMarks.LineOf(Source, place);

    private static int CountOf(string line, ReadOnlyMemory<byte> bytes) =>
        Encoding.UTF8.GetString(bytes.Span).Split('\n').SkipLast(1).Count(l => l.StartsWith(line, StringComparison.Ordinal));
}
