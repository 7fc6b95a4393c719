using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Limits that a program is larger than: no more than they allow is there, and what was cut off is said.</summary>
public sealed class LimitTests
{
    private const InfoFlags Cut = InfoFlags.ThreadsTruncated | InfoFlags.FramesTruncated | InfoFlags.TablesTruncated | InfoFlags.TimeTruncated;

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    public async Task WhateverIsCutOffIsSaid(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        RawSnapshot whole = Take(target, DumpLimits.Default);
        Assert.Equal(default, whole.Info.Flags & Cut);
        Assert.DoesNotContain(whole.Threads, t => t.Flags.HasFlag(ThreadFlags.Truncated));
        Assert.Contains(whole.Threads, t => t.FrameCount > 2);

        RawSnapshot fewThreads = Take(target, new DumpLimits { MaxThreads = 2 });
        Assert.Equal((InfoFlags.ThreadsTruncated, 2, true), (fewThreads.Info.Flags & Cut, fewThreads.Threads.Length, fewThreads.Info.ThreadTotal > 2));

        RawSnapshot shortStacks = Take(target, new DumpLimits { MaxFramesPerThread = 2 });
        Assert.Equal(default, shortStacks.Info.Flags & Cut);
        Assert.All(shortStacks.Threads, t => Assert.InRange(t.FrameCount, 0u, 2u));
        Assert.Contains(shortStacks.Threads, t => t.Flags.HasFlag(ThreadFlags.Truncated));
        Assert.All(shortStacks.Threads, t => Assert.True(t.FrameCount == 2 || !t.Flags.HasFlag(ThreadFlags.Truncated)));

        RawSnapshot fewFrames = Take(target, new DumpLimits { MaxFrames = 5 });
        Assert.Equal(InfoFlags.FramesTruncated, fewFrames.Info.Flags & Cut);
        Assert.InRange(fewFrames.Stacks.Length, 1, 5);
        Assert.Contains(fewFrames.Threads, t => t.Flags.HasFlag(ThreadFlags.Truncated));
    }

    private static RawSnapshot Take(TargetProcess target, DumpLimits limits)
    {
        CaptureOptions options = new CaptureOptions { AsyncStacks = AsyncStackMode.Never, Limits = limits }.WithPatience();
        using var capture = new ProcessCapture(Processes.TargetProcess.Inspect(target.Pid), _ => File.ReadAllBytes(TestPaths.Probe), options, []);
        return capture.Source.TakeRecords(options, TestContext.Current.CancellationToken);
    }
}
