using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>A dump names the methods and lines that the threads themselves say they are in.</summary>
public sealed class ExactTruthTests
{
    /// <summary>Every flavour with every shape that stands still.</summary>
    public static TheoryData<string, string> Matrix => Flavours.WithShapes(Spread.All, LooksAt.Stacks, Flavours.StillShapes);

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task MethodsAndLinesAreThoseOfTheSource(string flavour, string shape)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), shape);
        var dump = await target.WholeDumpAsync();
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        Flavour.Named(flavour).AssertNotes(dump.Notes);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task MethodsWithoutMetadataHaveTheirNames(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "LanguageMembers");
        var dump = await target.DumpAsync();
        Assert.Equal(["MadeMethod"], DynamicOf("dynamic method"));
        Assert.Equal(["MadeMethod"], DynamicOf("dynamic method by reflection"));
        Assert.Equal(["MadeExpression"], DynamicOf("compiled expression"));
        Assert.Equal(["CallSite.Target"], DynamicOf("dynamic call"));
        Assert.Empty(DynamicOf("virtual"));

        IEnumerable<string> DynamicOf(string thread) => dump.Of(target.Truth.Named(thread)).Frames.Where(f => f is { Kind: "dynamic", IsHidden: false }).Select(f => f.FullName.TrimStart('.'));
    }

    [Theory]
    [InFlavours(Spread.All, LooksAt.Stacks)]
    public async Task ThreadsHaveTheirNamesAndIds(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads");
        var dump = await target.DumpAsync();
        Assert.Equal(target.Pid, dump.ProcessId);
        Assert.Single(dump.Threads, t => t.IsMain && t.OsId == target.Pid);
        Assert.Single(dump.Threads, t => t.IsOwn);

        // Before .NET 9 the kernel's name, cut at 15 bytes, is all there is.
        var contract = Flavour.Named(flavour).Has(LooksAt.Ids);
        Assert.All(target.Truth.Threads, thread =>
        {
            var dumped = dump.Of(thread);
            Assert.Equal(contract ? thread.Name : thread.Name![..Math.Min(15, thread.Name!.Length)], dumped.Name);
            Assert.Equal(contract ? thread.ManagedId : null, dumped.ManagedId);
            Assert.Equal(contract ? thread.IsBackground : null, dumped.IsBackground);
            Assert.Equal(contract ? thread.IsThreadPool : null, dumped.IsThreadPool);
            Assert.Equal("complete", dumped.Completeness);
            Assert.Equal("waiting", dumped.Activity);
        });
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task SourceTextIsTheLineOfTheCall(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads");
        var dump = await target.DumpAsync();
        var frame = dump.Of(target.Truth.Named("first")).Frames.First(f => f.IsOfTarget);
        Assert.Equal("host.Park(track.Here<NamedThreads>());", frame.SourceText);
        Assert.Equal("file", frame.SourceTextOrigin);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task CaptureAndDumpGiveTheSameWithoutASignal(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap);
        var path = Path.Combine(target.TemporaryFolder, "dump.json");
        Assert.Equal("written", await target.CommandAsync("dump " + path));
        var dump = JsonDump.Parse(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.Equal($"{dump.Threads.Count(t => !KernelThreads.IsPassing(t.Name))}", await target.CommandAsync("capture"));
    }
}
