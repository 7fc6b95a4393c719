using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>A snapshot that was saved has the async stacks that a dump would have had, also where there is nothing else of the program.</summary>
public sealed class SavedAsyncTests
{
    private static readonly byte[] Probe = File.ReadAllBytes(TestPaths.Probe);

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Async)]
    [InFlavours("unoptimized", LooksAt.Async)]
    [InFlavours("net11, unoptimized", LooksAt.Async)]
    [InFlavours("single file, shared runtime", LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Async)]
    [InFlavours("net11, runtime async, untiered", LooksAt.Async)]
    public async Task TheFileHasTheSameStacks(string flavour)
    {
        using var app = new MovedApp(Flavour.Named(flavour));
        await using var target = await TargetProcess.StartAsync(app.Flavour, "AsyncTruth", TargetOptions.NoTrap);
        IReadOnlyList<TruthStack> truth = await TruthStack.AllOfAsync(target);
        (ThreadDump live, string file) = Save(target);
        app.RemovePdbs();
        app.RemoveAll();
        AsyncTruthTests.AssertSame(truth, SavedFile.Show(file).AsyncStacks);
        AssertLike(live, SavedFile.Show(file));
        AssertLike(live, SavedFile.Show(file, app.Symbols));
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Async)]
    [InFlavours("unoptimized", LooksAt.Async)]
    [InFlavours("net11, unoptimized", LooksAt.Async)]
    [InFlavours("single file, shared runtime", LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Async)]
    [InFlavours("net11, runtime async, untiered", LooksAt.Async)]
    public async Task PdbsAtTheDeskGiveTheLines(string flavour)
    {
        using var app = new MovedApp(Flavour.Named(flavour));
        await using var target = await TargetProcess.StartAsync(app.Flavour, "AsyncTruth", TargetOptions.NoTrap);
        IReadOnlyList<TruthStack> truth = await TruthStack.AllOfAsync(target);
        app.RemovePdbs();
        (ThreadDump bare, string file) = Save(target);
        app.RemoveAll();
        AssertLike(bare, SavedFile.Show(file));
        AsyncTruthTests.AssertSame(truth, SavedFile.Show(file, app.Symbols).AsyncStacks);
    }

    private static (ThreadDump Live, string File) Save(TargetProcess target)
    {
        using ProcessCapture there = NewCapture(target);
        Snapshot sample = there.TakeSnapshot(TestContext.Current.CancellationToken);
        string file = Path.Combine(target.TemporaryFolder, "saved");
        there.Save(sample, file);
        ThreadDump live = there.Symbolicate(sample);
        Assert.True(live.HasAsyncStacks);
        return (live, file);
    }

    private static void AssertLike(ThreadDump live, ThreadDump saved)
    {
        Assert.True(saved.HasAsyncStacks);
        Assert.Equal(live.AsyncStacks.Select(Text), saved.AsyncStacks.Select(Text));
        Assert.Equal(
            live.Threads.Select(t => string.Join(" < ", t.AsyncCallers.Select(Text))),
            saved.Threads.Select(t => string.Join(" < ", t.AsyncCallers.Select(Text))));
    }

    /// <summary>Everything, the platform's methods as well.</summary>
    private static string Text(AsyncStack stack) =>
        $"{TruthStack.TextOf(stack)} | {stack.WaitingFor.Type} {stack.WaitingFor.Object} {stack.WaitingFor.DueIn} | {string.Join(" < ", stack.Frames.Select(Text))}";

    private static string Text(DumpFrame frame) => $"{frame.Method} {frame.Source} {frame.ILOffset} {string.Join(',', frame.TypeArguments)} {frame.IsHidden}";

    private static ProcessCapture NewCapture(TargetProcess target) =>
        new(Processes.TargetProcess.Inspect(target.Pid), _ => Probe, new CaptureOptions { AsyncStacks = AsyncStackMode.Always }, []);
}
