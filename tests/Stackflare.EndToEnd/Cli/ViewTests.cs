using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>Options that say what of a dump is shown, and where from.</summary>
public sealed partial class ViewTests(StillTarget still) : IClassFixture<StillTarget>
{
    private TargetProcess Target => still.Process;

    [Fact]
    public async Task ThreadsAreChosenByNameAndIds()
    {
        var (first, long_) = (Target.Truth.Named("first"), Target.Truth.Threads.Single(t => t.Name!.StartsWith("a name", StringComparison.Ordinal)));
        await AssertShownAsync([first], "FIRS");
        await AssertShownAsync([first], $"{first.OsId}");
        await AssertShownAsync([first], $"#{first.ManagedId}");
        await AssertShownAsync([first], $"{first.ManagedId}");
        await AssertShownAsync([first, long_], "first,kernel would");
        await AssertShownAsync([], "no thread of this name");

        var both = (await Tool.RunAsync(still.Id, "-f", "json", "--threads", "first", "--threads", "kernel")).Json;
        Assert.Equal(new[] { first.OsId, long_.OsId }.Order(), both.Threads.Select(t => t.OsId).Order());
    }

    [Fact]
    public async Task AllShowsWhatIsLeftOut()
    {
        var (usual, all) = ((await Tool.RunAsync(still.Id)).Output, (await Tool.RunAsync(still.Id, "--all")).Output);
        Assert.Contains("\nNot shown: ", usual, StringComparison.Ordinal);
        Assert.Contains(" --all shows them.\n", usual, StringComparison.Ordinal);
        Assert.DoesNotContain("Not shown:", all, StringComparison.Ordinal);
        string[] names = [.. Target.ThreadNames.Where(n => n.StartsWith(".NET Debug", StringComparison.Ordinal))];
        Assert.NotEmpty(names);
        Assert.All(names, name =>
        {
            Assert.DoesNotContain($"\n\"{name}\" tid=", usual, StringComparison.Ordinal);
            Assert.Contains($"\n\"{name}\" tid=", all, StringComparison.Ordinal);
        });
        Assert.Contains("   at [native code]\n", all, StringComparison.Ordinal);
        Assert.DoesNotContain("[native code]", usual, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoGroupShowsEachThreadAndEachFrame()
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized, "ManyThreads", TargetOptions.NoTrap with { Arguments = ["--threads", "12"] });
        var (grouped, single) = ((await Tool.RunAsync($"{target.Pid}")).Output, (await Tool.RunAsync($"{target.Pid}", "--no-group")).Output);
        const string frame = "   at Stackflare.Targets.Shapes.ManyThreads.Crowd(";
        Assert.Contains("\n12 threads with this stack:\n", grouped, StringComparison.Ordinal);
        Assert.Equal(1, Count(grouped, frame));
        Assert.DoesNotContain("threads with this stack", single, StringComparison.Ordinal);
        Assert.Equal(12, Count(single, frame));

        const string recursion = "   at Stackflare.Targets.Shapes.NamedThreads.Second(";
        Assert.Equal(2, Count((await Tool.RunAsync(still.Id)).Output, recursion));
        Assert.Equal(4, Count((await Tool.RunAsync(still.Id, "--no-group")).Output, recursion));
    }

    [Fact]
    public async Task NoSourceLeavesTheTextOut()
    {
        Assert.Contains("      host.Park(track.Here<NamedThreads>());\n", (await Tool.RunAsync(still.Id)).Output, StringComparison.Ordinal);
        var without = (await Tool.RunAsync(still.Id, "--no-source")).Output;
        Assert.DoesNotContain("\n      ", without, StringComparison.Ordinal);
        Assert.Contains(".cs:line ", without, StringComparison.Ordinal);
        var dump = await Tool.DumpAsync(Target, "--no-source");
        Assert.All(Target.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.All(dump.Threads.SelectMany(t => t.Frames), frame => Assert.Null(frame.SourceText));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("traceback")]
    [InlineData("json")]
    [InlineData("folded")]
    [InlineData("speedscope")]
    public async Task ASavedSnapshotShowsTheSameDump(string format)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "a.snapshot");
        await TwoDumps.AssertAlikeAsync(
            async () => (await Tool.RunWholeAsync(still.Id, "-f", format)).Output,
            async () => (await CutShort.UntilWholeAsync(SaveAndShowAsync, run => run.RawOutput)).Output);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(["a.snapshot"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));

        async Task<ToolResult> SaveAndShowAsync()
        {
            Assert.Empty((await Tool.RunAsync(still.Id, "--raw", file)).Output);
            return await Tool.RunAsync("show", file, "-f", format);
        }
    }

    [Fact]
    public async Task ManySnapshotsAreNumberedAndAddUp()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "s");
        Assert.Empty((await Tool.RunAsync(still.Id, "-n", "3", "-i", "1", "--raw", file)).Output);
        string[] files = [.. Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal)];
        Assert.Equal([file + ".0001", file + ".0002", file + ".0003"], files);
        var folded = (await Tool.RunAsync(["show", .. files, "-f", "folded"])).Output;
        Assert.Matches(@"^first;.* 3$", folded.Split('\n').Single(l => l.StartsWith("first;", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task SymbolsAreFoundInADirectoryThatWasNamed()
    {
        using var program = new TemporaryFolder();
        using var symbols = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(Flavour.Optimized.Executable)!))
        {
            var folder = file.EndsWith(".pdb", StringComparison.Ordinal) ? symbols : program;
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        }

        ForgetWherePdbWas(Path.Combine(program.Path, "Shapes.dll"));
        var moved = Flavour.Optimized with { Executable = Path.Combine(program.Path, "Shapes") };
        await using var target = await TargetProcess.StartAsync(moved, "NamedThreads", TargetOptions.NoTrap);

        var without = await Tool.DumpAsync(target);
        Assert.All(target.Truth.Threads, thread => Assert.All(without.Of(thread).Frames.Where(f => f.IsOfTarget && !f.IsHidden), f => Assert.Equal("noPdb", f.Symbols)));
        var with = await Tool.DumpAsync(target, "--symbols", symbols.Path);
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(with));

        var saved = Path.Combine(symbols.Path, "saved");
        Assert.Empty((await Tool.RunAsync($"{target.Pid}", "--raw", saved)).Output);
        var shown = (await Tool.RunAsync("show", saved, "--symbols", symbols.Path, "-f", "json")).Json;
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(shown));
    }

    /// <summary>An assembly has the path that its PDB was written to, which on this machine is still there.</summary>
    private static void ForgetWherePdbWas(string assembly)
    {
        byte[] bytes = File.ReadAllBytes(assembly);
        var path = bytes.AsSpan().IndexOf("Shapes.pdb"u8);
        var folder = bytes.AsSpan(0, path).LastIndexOf("/obj/"u8);
        Assert.InRange(path - folder, 1, 100);
        "/was/"u8.CopyTo(bytes.AsSpan(folder));
        File.WriteAllBytes(assembly, bytes);
    }

    private async Task AssertShownAsync(IReadOnlyList<TruthThread> expected, string wanted)
    {
        var dump = await Tool.DumpAsync(Target, "--threads", wanted);
        Assert.Equal(expected.Select(t => t.OsId).Order(), dump.Threads.Select(t => t.OsId).Order());
        // How many there are in all is not known: the runtime compiles on a thread that comes and goes.
        Assert.Matches($@"^Only threads that match .+: {expected.Count} of \d+\.$", Assert.Single(dump.Notes));
        Assert.All(expected, thread => thread.AssertIn(dump));
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
