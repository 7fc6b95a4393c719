using System.Diagnostics;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>A program is not worse off for having been looked at, also when the looking was cut short.</summary>
public sealed class HarmlessTests(ITestOutputHelper output)
{
    private const string Run = " \"$0\" \"$@\"";

    /// <summary>A moment after the start of a run, in milliseconds: from before the tool has looked at anything to well within its dumps.</summary>
    private const int LatestMoment = 60;

    private static readonly int[] Documented = [3, 8, 11, 12, 14];

    /// <summary>
    /// In <c>memory</c> the probe is handed over without a file; in a <c>directory</c> both it and the socket are files; on another
    /// <c>network</c> the socket alone is one.
    /// </summary>
    [RequiresNamespacesTheory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks, "memory")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "directory")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "network")]
    [InFlavours("net8", LooksAt.Stacks, "directory")]
    [InFlavours("net11, single file", LooksAt.Stacks, "memory")]
    public async Task NothingStays(string flavour, string route)
    {
        await using var target = await StartAsync(Flavour.Named(flavour), "NamedThreads", route);
        // The console's own comes some moments after the first line was read.
        await Poll.UntilAsync(() => target.ThreadNames.Contains(".NET SigHandler"), "the last of the target's threads", target.Describe);
        var threads = target.ThreadNames.ToList();
        await RunAsync(target);

        // The runtime keeps a thread for profilers that want to leave, from the first on; and it compiles on one that comes and goes.
        var more = target.ThreadNames.ToList();
        foreach (var name in threads)
            more.Remove(name);
        more.RemoveAll(n => n.StartsWith(".NET Tiered", StringComparison.Ordinal));
        Assert.Equal(".NET EventPipe", Assert.Single(more));

        var before = target.Figures;
        for (var i = 0; i < 5; i++)
            await RunAsync(target);
        await RunAsync(target, "-n", "20", "-i", "0");
        await AssertAsBeforeAsync(before, target);
    }

    [RequiresNamespacesTheory]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "memory", Kernel.Kill)]
    [InFlavours("net11", LooksAt.Stacks, "memory", Kernel.Interrupt)]
    [InFlavours("net11", LooksAt.Stacks, "directory", Kernel.Kill)]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "directory", Kernel.Interrupt)]
    public async Task TheToolIsEndedAtAnyMoment(string flavour, string route, int signal)
    {
        const int runs = 50;
        await using var target = await StartAsync(Flavour.Named(flavour), "Churn", route, ["--with", "heap,threads,dynamic"]);
        await RunAsync(target);
        Assert.Equal("paused", await target.CommandAsync("pause"));
        var before = target.Figures;
        Assert.Equal("resumed", await target.CommandAsync("resume"));

        // Not the same moments every time; a failure tells which they were.
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var moments = new Random(seed);
        for (var i = 0; i < runs; i++)
        {
            await using var tool = Tool.Start(ToolOptions.Default, $"{target.Pid}", "-n", "0", "-i", "0", "-f", "folded");
            await Task.Delay(moments.Next(LatestMoment), TestContext.Current.CancellationToken);
            tool.Send(signal);
            var result = await tool.WaitAsync();
            if (signal == Kernel.Kill)
            {
                Assert.Equal(128 + signal, result.ExitCode);
                continue;
            }

            // Before the tool listens for it, the signal ends it as any program.
            Assert.True(result.ExitCode is 0 or 128 + Kernel.Interrupt && result.Error.Length == 0, $"{result}");
            OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
        }

        // Only a directory can stay, of a run that was killed, and only until the next run.
        output.WriteLine($"left behind before an ordinary run: {OwnFiles.In(target.Pid, target.TemporaryFolder).Count}");
        if (route == "memory")
            OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
        var still = Assert.Single(target.Truth.Threads);
        still.AssertIn(await Tool.DumpAsync(target));
        Assert.Equal("paused", await target.CommandAsync("pause"));
        await AssertAsBeforeAsync(before, target);
        Assert.Equal("resumed", await target.CommandAsync("resume"));
        await target.AssertAliveAsync();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("plain, net11")]
    public async Task TheTargetIsEndedAtAnyMoment(string flavour)
    {
        const int targets = 30;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var moments = new Random(seed);
        Dictionary<int, int> codes = [];
        for (var i = 0; i < targets; i++)
        {
            await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
            await using var tool = Tool.Start(ToolOptions.Default, $"{target.Pid}", "-n", "0", "-i", "0");
            await Task.Delay(moments.Next(LatestMoment), TestContext.Current.CancellationToken);
            target.Signal(Kernel.Kill);
            var killed = Stopwatch.GetTimestamp();
            var result = await tool.WaitAsync();
            Assert.True(Documented.Contains(result.ExitCode), $"{result}");
            result.AssertError(result.ExitCode);
            Assert.InRange(Stopwatch.GetElapsedTime(killed), TimeSpan.Zero, TimeSpan.FromSeconds(3));
            codes[result.ExitCode] = codes.GetValueOrDefault(result.ExitCode) + 1;
        }

        output.WriteLine(string.Join(", ", codes.Select(c => $"{c.Value} × exit code {c.Key}")));
    }

    private static Task<TargetProcess> StartAsync(Flavour flavour, string shape, string route, params string[] arguments) => TargetProcess.StartAsync(
        flavour,
        shape,
        TargetOptions.NoTrap with
        {
            Arguments = arguments,
            Shell = route switch
            {
                "directory" => $"exec unshare -mn /bin/sh -c 'mount -t tmpfs none \"$TMPDIR\" && exec{Run}'{Run}",
                "network" => $"exec unshare -n{Run}",
                _ => null,
            },
        });

    private static async Task RunAsync(TargetProcess target, params string[] arguments)
    {
        Assert.StartsWith("Thread dump of ", (await Tool.RunAsync([$"{target.Pid}", .. arguments])).Output, StringComparison.Ordinal);
        OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
    }

    private static async Task AssertAsBeforeAsync(ProcessFigures before, TargetProcess target)
    {
        // The runtime closes its end of a connection some moments after a dump has been written.
        await Poll.UntilAsync(() => target.Figures.Descriptors <= before.Descriptors, $"{before.Descriptors} descriptors as before", target.Describe);
        var after = target.Figures;
        Assert.True(after.Threads <= before.Threads, $"{before} → {after}");
        Assert.DoesNotContain(after.Mappings, m => m.Contains("stackflare_probe", StringComparison.Ordinal) || m.Contains("memfd:stackflare", StringComparison.Ordinal) || m.Contains("/probe.so", StringComparison.Ordinal));
        Assert.Empty(after.Mappings.Except(before.Mappings));
        OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
    }
}
