using Stackflare.Analysis;
using Stackflare.Building.Waits;
using Stackflare.Tests.Writers;
using Stackflare.Views;

namespace Stackflare.Tests.Views;

/// <summary>What is "the same" is found once, and every part that groups takes it from there.</summary>
public sealed class DumpViewTests
{
    private static readonly DumpFrame Wait = Build.Platform("System.Threading.Thread", "Sleep", "Int32 timeout");
    private static readonly DumpFrame Work = Build.Frame("Work", 31, "Step();");
    private static readonly DumpFrame Stub = Build.Platform("", "Stub", hidden: true);

    /// <summary>Stacks that differ in hidden frames alone are one to the text, to profiles and to findings; another visible frame is another stack to all three.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void GroupsProfilesAndFindingsAgree(bool isVisible, int stacks)
    {
        DumpFrame between = isVisible ? Build.Frame("Between", 7, null) : Stub;
        ThreadDump dump = DumpAnalyzer.Analyze(Build.Dump(
            [.. Enumerable.Range(1, 200).Select(i => Build.Thread(i, "t", ThreadActivity.Sleeping, i % 2 == 0 ? [Wait, Work] : [Wait, between, Work]))]));
        using var view = new DumpView(dump, RenderOptions.Default);

        Assert.Equal(stacks, view.Stacks.Stacks.Count);
        Assert.Equal(Enumerable.Repeat(200 / stacks, stacks), view.Threads.All.Select(g => g.Threads.Count));
        Assert.Equal(view.Threads.All.Select(g => g.Threads), dump.Findings.Where(f => f.Kind == FindingKind.ManyAlike).Select(f => f.Threads));
        string[] lines = Render.With(dump, DumpFormat.Folded).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(stacks, lines.Length);
        Assert.All(lines, line => Assert.EndsWith($" {200 / stacks}", line, StringComparison.Ordinal));
    }

    /// <summary>One stack in two states: two groups, with one row of frames.</summary>
    [Fact]
    public void GroupsOfOneStackShareIt()
    {
        DumpThread[] threads = [Build.Thread(1, "a", ThreadActivity.Sleeping, [Work]), Build.Thread(2, "b", ThreadActivity.Running, [Work]), Build.Thread(3, "c", ThreadActivity.Sleeping, [Work])];
        LockBuilder.Link(threads);
        using var view = new DumpView(Build.Dump(threads), RenderOptions.Default);
        Assert.Equal([["b"], ["a", "c"]], view.Threads.All.Select(g => g.Threads.Select(t => t.Name).ToArray()));
        Assert.Equal(1, view.Stacks.Stacks.Count);
        Assert.Equal((1, 2), (view.Threads.Shared, view.Threads.SharedThreads));
    }

    [Fact]
    public void EachPartIsWorkedOutOnce()
    {
        using var view = new DumpView(SampleDumps.Get("async"), RenderOptions.Default);
        Assert.Same(view.Stacks, view.Stacks);
        Assert.Same(view.Threads, view.Threads);
        Assert.Same(view.Async, view.Async);
    }

    [Fact]
    public void WhatIsNotShownIsCountedInstead()
    {
        ThreadDump dump = SampleDumps.Get("hung-server");
        using (var usual = new DumpView(dump, RenderOptions.Default))
            Assert.Equal((1, 5, 0, 4), (usual.Stacks.OwnThreads, usual.Stacks.HiddenFrames, usual.NativeThreads.Count, usual.HiddenNativeThreads.Count));
        using (var all = new DumpView(dump, Render.All))
            Assert.Equal((0, 0, 4, 0), (all.Stacks.OwnThreads, all.Stacks.HiddenFrames, all.NativeThreads.Count, all.HiddenNativeThreads.Count));
    }
}
