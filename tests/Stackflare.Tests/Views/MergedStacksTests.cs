using Stackflare.Analysis;
using Stackflare.Tests.Writers;
using Stackflare.Views;
using static Stackflare.Tests.Writers.Build;
using static Stackflare.ThreadActivity;

namespace Stackflare.Tests.Views;

/// <summary>What stacks have in common is there once, and nothing gets lost.</summary>
public sealed class MergedStacksTests
{
    private static readonly DumpFrame Sleep = Platform("System.Threading.Thread", "Sleep");
    private static readonly DumpFrame Handle = Async("Handle", 9, "await Ask();"), Ask = Async("Ask", 12, "await gate.WaitAsync();"), Count = Frame("Count", 20, "total++;");

    public static TheoryData<string> Names => [.. SampleDumps.Names];

    [Theory, MemberData(nameof(Names))]
    public void CountsAddUpInAllSamples(string name)
    {
        foreach (RenderOptions options in (RenderOptions[])[RenderOptions.Default, Render.All, Render.Flat])
        {
            using var view = new DumpView(SampleDumps.Get(name), options);
            MergedStacks tree = AssertAddsUp(view);
            Assert.Equal(view.Sections.Entries.Sum(e => e.Threads?.Threads.Count ?? 0), tree.Root.Threads);
            Assert.Equal(view.Sections.Entries.Sum(e => e.Async?.Count ?? 0), tree.Root.AsyncStacks);
        }
    }

    /// <summary>The way from the root to where a stack ends is the stack.</summary>
    [Theory, MemberData(nameof(Names))]
    public void EachStackCanBeReadBack(string name)
    {
        using var view = new DumpView(SampleDumps.Get(name), RenderOptions.Default);
        var tree = new MergedStacks(view);
        var paths = new Dictionary<StackEntry, DumpFrame[]>(ReferenceEqualityComparer.Instance);
        var path = new List<DumpFrame>();
        var open = new Stack<(MergedFrame Frame, int Depth)>([(tree.Root, 0)]);
        while (open.TryPop(out var next))
        {
            path.RemoveRange(next.Depth, path.Count - next.Depth);
            if (next.Frame.Id >= 0)
                path.Add(tree.Frames[next.Frame.Id]);
            foreach (StackEntry end in next.Frame.Ends)
                paths.Add(end, [.. path]);
            foreach (MergedFrame call in next.Frame.Calls)
                open.Push((call, path.Count));
        }
        Assert.Equal(view.Sections.Entries.Count, paths.Count);
        foreach ((StackEntry entry, DumpFrame[] found) in paths)
        {
            DumpFrame[] expected = entry.Async is { } async ? [.. VisibleFrames.Of(async.First.Frames, all: false)]
                : view.AsyncMainOf(entry.Threads!) is not null ? []
                : MergedStacks.FollowsCallers(view, entry.Threads!) ? [.. view.Sections.FramesOf(entry.Threads!), .. VisibleFrames.Of(entry.Threads!.First.AsyncCallers, all: false)]
                : [.. view.Sections.FramesOf(entry.Threads!)];
            Assert.Equal(expected, found.Reverse(), SameCall.Comparer);
        }
    }

    /// <summary>A thread that runs a method and the stacks that wait in the same callers meet.</summary>
    [Fact]
    public void AThreadComesAfterItsAsyncCallers()
    {
        DumpThread running = Thread(7, "worker", Running, [Count, Ask]);
        (running.AsyncCallers, running.AwaitedFrameIndex) = ([Handle], 1);
        ThreadDump dump = AsyncDump([running], [.. Enumerable.Repeat(Stack(For(AsyncWaitKind.SemaphoreSlim, at: 0x10), Ask, Handle), 3)]);
        using var view = new DumpView(dump, RenderOptions.Default);
        MergedFrame outermost = Assert.Single(AssertAddsUp(view).Root.Calls);
        Assert.Equal((1, 3L, 4L), (outermost.Threads, outermost.AsyncStacks, outermost.Total));
        // Both are in Ask, at the same line: one waits there, the other calls.
        MergedFrame ask = Assert.Single(outermost.Calls);
        Assert.Equal((1, 1), (ask.Calls.Count, ask.Ends.Count));
        Assert.Equal(
            """
            1 thread and 3 async stacks
               at MyApp.Program.Handle() in /src/Program.cs:line 9
                  await Ask();
               at MyApp.Program.Ask() in /src/Program.cs:line 12
                  await gate.WaitAsync();
               - 3 async stacks here
               |    - waiting for SemaphoreSlim.WaitAsync <0x10>
               - 1 thread
               |    at MyApp.Program.Count() in /src/Program.cs:line 20
               |       total++;
               |    = "worker" #7 tid=4248 background running cpu=3ms
            """.ReplaceLineEndings("\n"), Render.With(dump, DumpFormat.Tree).Split("\n\n")[1]);
    }

    /// <summary>The callers of a method that is not the outermost frame are not above the others: those would get lost.</summary>
    [Fact]
    public void CallersOfAMethodFurtherInComeAfterTheStack()
    {
        DumpThread running = Thread(7, "loop", Running, [Count, Ask, Frame("Loop", 30, "next();")]);
        (running.AsyncCallers, running.AwaitedFrameIndex) = ([Handle], 1);
        string text = Render.With(AsyncDump([running]), DumpFormat.Tree);
        Assert.Contains("1 thread\n   at MyApp.Program.Loop() in /src/Program.cs:line 30\n", text, StringComparison.Ordinal);
        Assert.Contains("\n   - MyApp.Program.Ask is awaited by:\n   |    at MyApp.Program.Handle() in ", text, StringComparison.Ordinal);
    }

    /// <summary>Between the frames that were walked and the async callers, others are missing.</summary>
    [Fact]
    public void CallersAreNotJoinedToAStackThatWasCut()
    {
        DumpThread running = Thread(7, "deep", Running, [Count, Ask], completeness: StackCompleteness.Truncated);
        (running.AsyncCallers, running.AwaitedFrameIndex) = ([Handle], 1);
        string text = Render.With(AsyncDump([running]), DumpFormat.Tree);
        Assert.Contains("1 thread\n   ... more frames not walked: a limit was reached\n   at MyApp.Program.Ask() in ", text, StringComparison.Ordinal);
        Assert.Contains("\n   - MyApp.Program.Ask is awaited by:\n   |    at MyApp.Program.Handle() in ", text, StringComparison.Ordinal);
    }

    /// <summary>Each of many threads leaves a recursion at a depth of its own, so there are as many branches below each other.</summary>
    [Fact]
    public void ATreeCanBeAsDeepAsItHasBranches()
    {
        const int depth = 3_000;
        DumpFrame even = Frame("Even", 1, null), odd = Frame("Odd", 2, null);
        ThreadDump dump = Dump([.. Enumerable.Range(1, depth).Select(i => Thread(i, null, Waiting, [Sleep, .. Enumerable.Range(0, i).Select(d => (i - d) % 2 == 0 ? even : odd)]))]);
        using (var view = new DumpView(dump, RenderOptions.Default))
            AssertAddsUp(view);
        string text = Render.With(dump, DumpFormat.Tree);
        Assert.Contains(", level 2999\n", text, StringComparison.Ordinal);
        Assert.InRange(text.Split('\n').Max(l => l.Length), 60, 300);
        Assert.Equal(depth, System.Text.RegularExpressions.Regex.Count(text, " tid="));
    }

    private static MergedStacks AssertAddsUp(DumpView view)
    {
        var tree = new MergedStacks(view);
        var open = new Stack<MergedFrame>([tree.Root]);
        while (open.TryPop(out MergedFrame? frame))
        {
            // One of the samples is a recursion of a million frames.
            if (frame.IsLink && frame.Threads == frame.Calls[0].Threads && frame.AsyncStacks == frame.Calls[0].AsyncStacks)
            {
                open.Push(frame.Calls[0]);
                continue;
            }
            Assert.Equal(frame.Threads, frame.Calls.Sum(f => f.Threads) + frame.Ends.Sum(e => e.Threads?.Threads.Count ?? 0));
            Assert.Equal(frame.AsyncStacks, frame.Calls.Sum(f => f.AsyncStacks) + frame.Ends.Sum(e => e.Async?.Count ?? 0));
            Assert.Equal(frame.Calls.Count, frame.Calls.Select(f => f.Id).Distinct().Count());
            Assert.Equal(frame.Calls.Select(f => f.Total).OrderDescending(), frame.Calls.Select(f => f.Total));
            foreach (MergedFrame call in frame.Calls)
                open.Push(call);
        }
        return tree;
    }
}
