using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>A call that a thread runs, and that more than one async method awaits: the thread shows the callers up to there, the rest are stacks.</summary>
public sealed class SharedCallTests
{
    private const string Of = "Stackflare.Targets.Shapes.Problems.NewsFeed.";
    private const int Readers = 20;

    [Theory]
    [InFlavours(Spread.Builds, LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Async)]
    public async Task WhoAwaitsItIsAStack(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NewsFeed", TargetOptions.NoTrap);
        using var dumps = new LiveDumps(target.Pid, target.Describe, new CaptureOptions { AsyncStacks = AsyncStackMode.Always });
        ThreadDump dump = await dumps.UntilAsync("all to wait", d => d.AsyncStacks.Count(IsOfProgram) == Readers + 2
            && d.Threads.Count(t => t.WaitingFor is { Kind: WaitKind.Task, Object: not null }) >= (Flavour.Named(flavour).Has(LooksAt.Locks) ? 2 : 0));
        int line = target.Truth.Threads.SelectMany(t => t.Marks).First(m => m.Method == Of + "LoadAsync").Line;

        DumpThread loader = Assert.Single(dump.Threads, t => t.Frames.Any(f => f.Method.FullName == Of + "LoadAsync"));
        Assert.Equal([Of + "RefreshAsync"], Visible(loader.AsyncCallers));
        AsyncStack[] readers = [.. dump.AsyncStacks.Where(s => s.Frames[^1].Method.FullName == Of + "ReadAsync")];
        Assert.Equal(Readers, readers.Length);
        Assert.All(readers, s =>
        {
            Assert.Equal([Of + "LoadAsync", Of + "RefreshAsync", Of + "ReadAsync"], Visible(s.Frames));
            Assert.Equal((AsyncWaitKind.Running, loader), (s.WaitingFor.Kind, s.WaitingFor.Thread));
            Assert.Equal(line, s.Frames[0].Source!.Line);
            Assert.NotNull(s.Innermost);
        });
        Assert.Single(readers.Select(s => s.Innermost).Distinct());

        AsyncStack both = Assert.Single(dump.AsyncStacks, s => s.Frames[^1].Method.FullName == Of + "ReadBothAsync");
        Assert.Equal((AsyncWaitKind.WhenAll, 2), (both.WaitingFor.Kind, both.WaitingFor.Unfinished.Count));
        Assert.Same(loader, Assert.Single(both.WaitingFor.Unfinished, s => s.Frames.Count > 0).WaitingFor.Thread);

        // One reader only: it is under the thread, and nowhere else.
        DumpThread archivist = Assert.Single(dump.Threads, t => t.Frames.Any(f => f.Method.FullName == Of + "LoadArchiveAsync"));
        Assert.Equal([Of + "ReadArchiveAsync"], Visible(archivist.AsyncCallers));
        Assert.DoesNotContain(dump.AsyncStacks, s => s.Frames.Any(f => f.Method.FullName == Of + "ReadArchiveAsync"));

        if (!Flavour.Named(flavour).Has(LooksAt.Locks))
            return;
        AsyncStack whole = Assert.Single(dump.AsyncStacks, s => s.Frames.Count > 0 && s.Frames[^1].Method.FullName == Of + "RefreshAsync");
        Assert.Equal(["editor"], whole.BlockedThreads.Select(t => t.Name));
        Assert.Equal(["printer"], readers.SelectMany(s => s.BlockedThreads).Select(t => t.Name));
        string text = LiveDumps.Text(dump, new RenderOptions());
        Assert.Contains($"\n{Readers - 1} async stacks running on \".NET TP Worker\" #{loader.ManagedId}, in one call of {Of}LoadAsync\n   at {Of}LoadAsync(", text, StringComparison.Ordinal);
    }

    private static bool IsOfProgram(AsyncStack stack) => stack.Frames.Any(f => f.Method.FullName.StartsWith(Of, StringComparison.Ordinal));

    private static IEnumerable<string> Visible(IEnumerable<DumpFrame> frames) => frames.Where(f => !f.IsHidden).Select(f => f.Method.FullName);
}
