using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Which threads burn a processor.</summary>
public sealed class BusyTests(ITestOutputHelper output)
{
    private const double LeastShare = 0.9;
    private static readonly TimeSpan LeastBetween = TimeSpan.FromMilliseconds(4);

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    [InFlavours("untiered", LooksAt.Stacks)]
    public async Task ThreadsThatSpinUseAProcessorAndThoseThatWaitHaveNoRecord(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Spinning", TargetOptions.NoTrap);
        await UntilItReadsAsync(target);
        using ProcessCapture capture = CaptureOf(target);
        Dictionary<int, double> most = target.Truth.Threads.ToDictionary(t => t.OsId, _ => 0.0);
        int captures = 0;
        // They share the machine with others: a thread runs, or is ready to run. The runtime can make one wait for a moment.
        for (var deadline = Deadline.In(); most.Values.Any(share => share < LeastShare) && deadline.Left > TimeSpan.Zero; captures++)
        {
            Snapshot snapshot = capture.TakeSnapshot(TestContext.Current.CancellationToken);
            foreach (SnapshotThread thread in snapshot.Threads)
            {
                if (thread.RecentCpu is not { } busy)
                    continue;
                Assert.Contains(thread.OsId, most.Keys);
                Assert.True(busy.Elapsed >= LeastBetween, $"{busy.Elapsed}");
                // The kernel's two clocks differ by as much as the one of them is being adjusted.
                double share = busy.Used / busy.Elapsed;
                Assert.True(share < 1.01, $"{busy}");
                most[thread.OsId] = Math.Max(most[thread.OsId], (busy.Used + busy.Ready) / busy.Elapsed);
            }
        }

        output.WriteLine($"{captures} captures; {string.Join(", ", most.Values.Select(s => s.ToString("P0", null)))}");
        Assert.All(most.Values, share => Assert.True(share >= LeastShare, $"{share:P0}"));
        await target.AssertAliveAsync();
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task WhereNothingRunsNothingIsWaitedFor(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        await UntilItReadsAsync(target);
        using ProcessCapture capture = CaptureOf(target);
        Assert.All(capture.TakeSnapshot(TestContext.Current.CancellationToken).Threads, t => Assert.Null(t.RecentCpu));
    }

    /// <summary>The thread that reads commands runs for a moment after the target has said that it is ready.</summary>
    private static Task UntilItReadsAsync(TargetProcess target) => Poll.UntilAsync(
        () => KernelThreads.Of(target.Pid).Where(t => t.Name == "stdin").MinBy(t => t.Id).Id is var id and > 0 && Kernel.CallOf(target.Pid, id).StartsWith("0 ", StringComparison.Ordinal),
        "the target to read its commands", target.Describe);

    private static ProcessCapture CaptureOf(TargetProcess target)
    {
        byte[] probe = File.ReadAllBytes(TestPaths.Probe);
        return new ProcessCapture(Processes.TargetProcess.Inspect(target.Pid), _ => probe, new CaptureOptions().WithPatience(), []);
    }
}
