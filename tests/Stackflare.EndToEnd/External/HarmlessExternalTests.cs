using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.External;

/// <summary>A program is not worse off for having been read from outside, also when the tool is killed while it holds threads.</summary>
[Trait(Runs.Trait, Runs.Long)]
public sealed class HarmlessExternalTests(ITestOutputHelper output)
{
    private const string Forced = "--external";

    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores)]
    public async Task NoRequestFailsWhileTheServerIsRead(string flavour)
    {
        const int Series = 10;
        int dumps = Runs.Times(gate: 50, full: 500);
        await using var server = await WebServer.StartAsync(Flavour.Named(flavour));
        using var load = new Load(server.Address, clients: 4);
        await load.RunUntilAsync(() => load.Count > 1000);
        double longest = 0;
        for (int taken = 0; taken < dumps; taken += Series)
        {
            int before = load.Count;
            JsonDump dump = (await Tool.RunAsync($"{server.Pid}", Forced, "-f", "json")).Json;
            Assert.Contains(dump.Threads, static t => t.Frames.Any(static f => f.DeclaringType.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)));
            longest = Math.Max(longest, dump.PauseMilliseconds);
            Assert.NotEmpty((await Tool.RunAsync($"{server.Pid}", Forced, "-n", $"{Series - 1}", "-i", "5", "-f", "folded")).Output);
            await load.RunUntilAsync(() => load.Count > before + 100);
        }
        output.WriteLine(FormattableString.Invariant($"stopped for at most {longest:0.00} ms; {load.Count} requests"));
        Assert.Equal(0, load.Failed);
        TracedThreads.AssertNone(server.Pid);
    }

    /// <summary>The packer's calls know no failure: one that a stop has ended would be counted. The loops are always stopped.</summary>
    [RequiresTracingTheory]
    [InFlavours(Spread.Newest, LooksAt.Cores, "Conveyor")]
    [InFlavours(Spread.Newest, LooksAt.Cores, "Spinning")]
    public async Task TheToolIsKilledAtAnyMoment(string flavour, string shape)
    {
        const double latest = 1.2;
        int runs = Runs.Times(gate: 15, full: 100), killed = 0;
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), shape, TargetOptions.NoTrap);
        ToolResult whole = await Tool.RunAsync($"{target.Pid}", Forced);
        _ = whole.Output;
        for (int i = 0; i < runs; i++)
        {
            await using ToolProcess tool = Tool.Start(ToolOptions.Default, $"{target.Pid}", Forced, "-n", "0", "-i", "0", "-f", "folded");
            await Task.Delay(whole.Time * (latest * i / runs), TestContext.Current.CancellationToken);
            tool.Send(Kernel.Kill);
            killed += (await tool.WaitAsync()).ExitCode == 128 + Kernel.Kill ? 1 : 0;
            await TracedThreads.WaitForNoneAsync(target);
            await AssertGoesOnAsync(target, shape);
        }
        Assert.Equal(runs, killed);
        // On a busy machine, a thread that runs may not stop in time.
        await CutShort.UntilAsync(
            async () => (await Tool.RunAsync($"{target.Pid}", Forced, "-f", "json")).Json,
            dump => target.Truth.Threads.All(thread => dump.Of(thread).Frames.Count > 0),
            static dump => string.Join('\n', dump.Notes));
        await target.AssertAliveAsync();
    }

    private static async Task AssertGoesOnAsync(TargetProcess target, string shape)
    {
        if (shape == "Conveyor")
        {
            string before = await target.CommandAsync("figures"), now = before;
            while (now == before)
                now = await target.CommandAsync("figures");
            Assert.EndsWith(" 0", now, StringComparison.Ordinal);
            return;
        }
        foreach (TruthThread loop in target.Truth.Threads)
        {
            string before = Time(loop);
            await Poll.UntilAsync(() => Time(loop) != before, "a loop to go on", target.Describe);
        }

        string Time(TruthThread loop) => File.ReadAllText($"/proc/{target.Pid}/task/{loop.OsId}/schedstat");
    }
}
