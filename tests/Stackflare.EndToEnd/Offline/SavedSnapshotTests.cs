using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots;
using Stackflare.Writers;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Offline;

/// <summary>A snapshot saved where there are no PDBs, and shown where there is nothing else.</summary>
public sealed class SavedSnapshotTests
{
    private static readonly byte[] Probe = File.ReadAllBytes(TestPaths.Probe);

    [Theory]
    [InlineData("optimized", "AsyncNames")]
    [InlineData("optimized", "CompilerNames")]
    [InlineData("optimized", "ExceptionInFlight")]
    [InlineData("optimized", "GuestRooms")]
    [InlineData("net8", "LanguageMembers")]
    [InlineData("single file", "AsyncNames")]
    [InlineData("single file, shared runtime", "CompilerNames")]
    [InlineData("net11", "AsyncNames")]
    [InlineData("net11", "ExceptionInFlight")]
    [InlineData("net11, unoptimized", "CompilerNames")]
    [InlineData("net11, single file", "AsyncNames")]
    public async Task PdbsAtTheDeskGiveWhatTheyWouldHaveGivenThere(string flavour, string shape)
    {
        using var app = new MovedApp(Flavour.Named(flavour));
        await using var target = await TargetProcess.StartAsync(app.Flavour, shape, TargetOptions.NoTrap);
        var (there, without, with) = (NewCapture(target), Saved(target, "without"), Saved(target, "with"));

        // Once with its PDBs, once as in production; the same snapshot.
        Snapshot sample = there.TakeSnapshot(TestContext.Current.CancellationToken);
        string complete = Json(there.Symbolicate(sample));
        there.Save(sample, with);
        app.RemovePdbs();
        there = NewCapture(target);
        string bare = Json(there.Symbolicate(sample));
        there.Save(sample, without);
        app.RemoveAll();

        Assert.NotEqual(complete, bare);
        Assert.Equal(bare, Json(SavedFile.Show(without)));
        Assert.Equal(complete, Json(SavedFile.Show(with)));
        string atTheDesk = Json(SavedFile.Show(without, app.Symbols));
        JsonDump dump = Parse(atTheDesk);
        Assert.All(target.Truth.Threads.Where(t => IsMarkedByItself(t)), thread => thread.AssertIn(dump));
        // PDBs that the assemblies hold themselves were found there as well.
        Assert.Equal(complete, atTheDesk);
        // And with both nothing is lost.
        Assert.Equal(complete, Json(SavedFile.Show(with, app.Symbols)));
    }

    [Fact]
    public async Task ThePdbOfAnotherBuildGivesNoLine()
    {
        using var app = new MovedApp(Flavour.Optimized);
        await using var target = await TargetProcess.StartAsync(app.Flavour, "NamedThreads", TargetOptions.NoTrap);
        app.RemovePdbs();
        ProcessCapture there = NewCapture(target);
        Snapshot sample = there.TakeSnapshot(TestContext.Current.CancellationToken);
        var file = Saved(target, "raw");
        there.Save(sample, file);
        app.RemoveAll();

        using var other = new TemporaryFolder();
        File.Copy(Path.ChangeExtension(Flavour.Unoptimized.Executable, ".pdb"), Path.Combine(other.Path, "Shapes.pdb"));
        JsonDump dump = Parse(Json(SavedFile.Show(file, other.Path)));
        Assert.All(target.Truth.Threads, thread =>
        {
            JsonFrame[] frames = [.. dump.Of(thread).Frames.Where(f => f.IsOfTarget)];
            Assert.NotEmpty(frames);
            Assert.All(frames, f => Assert.Equal(("pdbMismatch", null), (f.Symbols, f.Line)));
            Assert.Equal(thread.Marks.Select(m => m.Method), frames.Where(f => !f.IsHidden).Select(f => f.FullName));
        });
        // Beside it the right one is found.
        JsonDump right = Parse(Json(SavedFile.Show(file, other.Path, app.Symbols)));
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(right));
    }

    private static ProcessCapture NewCapture(TargetProcess target) => new(Processes.TargetProcess.Inspect(target.Pid), _ => Probe, new CaptureOptions().WithPatience(), []);

    private static string Saved(TargetProcess target, string name) => Path.Combine(target.TemporaryFolder, name);

    /// <summary>Not where there is no PDB, and not in handlers, of which the runtime tells the call that threw.</summary>
    private static bool IsMarkedByItself(TruthThread thread) => thread.Name != "bare" && thread.Exception is null;

    private static string Json(ThreadDump dump)
    {
        using var writer = new StringWriter();
        DumpRenderer.Write(dump, DumpFormat.Json, new RenderOptions { ShowHidden = true, GroupIdenticalStacks = false, FoldRecursion = false }, writer);
        return writer.ToString();
    }

    private static JsonDump Parse(string json) => JsonDump.Parse(System.Text.Encoding.UTF8.GetBytes(json));
}
