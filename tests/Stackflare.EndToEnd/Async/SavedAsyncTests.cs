using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;
using Stackflare.Symbols;
using Stackflare.Triggers;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>A snapshot that was saved has the async stacks that a dump would have had, also where there is nothing else of the program.</summary>
public sealed class SavedAsyncTests
{
    private static readonly byte[] Probe = File.ReadAllBytes(TestPaths.Probe);

    [Theory]
    [InlineData("optimized")]
    [InlineData("unoptimized")]
    [InlineData("net9")]
    [InlineData("single file, shared runtime")]
    public async Task TheFileHasTheSameStacks(string flavour)
    {
        using var app = new MovedApp(Flavour.Named(flavour));
        await using var target = await TargetProcess.StartAsync(app.Flavour, "AsyncTruth", TargetOptions.NoTrap);
        IReadOnlyList<TruthStack> truth = await TruthStack.AllOfAsync(target);
        string with = Path.Combine(target.TemporaryFolder, "with"), without = Path.Combine(target.TemporaryFolder, "without");
        using var there = NewCapture(target);
        ProcessSample sample = there.TakeSample(TestContext.Current.CancellationToken);
        ThreadDump live = there.Symbolicate(sample);
        there.Save(sample, with);
        app.RemovePdbs();
        using var bare = NewCapture(target);
        bare.Save(sample, without);
        app.RemoveAll();

        Assert.True(live.HasAsyncStacks);
        AssertLike(live, Show(with));
        AssertLike(live, Show(without, app.Symbols));
        AssertLike(live, Show(with, app.Symbols));
        AsyncTruthTests.AssertSame(truth, Show(with).AsyncStacks);

        // Without lines the methods are still the same.
        ThreadDump names = Show(without);
        Assert.Equal(
            live.AsyncStacks.Select(s => string.Join(" < ", s.Frames.Select(f => f.Method.FullName))).Order(StringComparer.Ordinal),
            names.AsyncStacks.Select(s => string.Join(" < ", s.Frames.Select(f => f.Method.FullName))).Order(StringComparer.Ordinal));
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
        new(Capture.TargetProcess.Inspect(target.Pid), _ => Probe, new CaptureOptions { Async = true }, []);

    /// <summary>As the tool shows a file, on a machine that has no framework and none of the paths in it.</summary>
    private static ThreadDump Show(string file, params string[] symbols)
    {
        (RawSnapshot snapshot, HostFacts facts) = SnapshotFile.Read(File.ReadAllBytes(file));
        var symbolicator = new Symbolicator(new SymbolOptions { RootPrefix = "/nowhere", SymbolDirectories = symbols });
        return DumpBuilder.Build(snapshot, symbolicator, facts, ownThread: null, SavedSymbols.Decode(snapshot));
    }
}
