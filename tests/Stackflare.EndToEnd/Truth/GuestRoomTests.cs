using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Assemblies that are not simply files in the default load context.</summary>
public sealed class GuestRoomTests
{
    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Ids)]
    [InFlavours("net8", LooksAt.Stacks)]
    [InFlavours("untiered", LooksAt.Ids)]
    public async Task LinesAreRightHoweverTheAssemblyWasLoaded(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "GuestRooms");
        var dump = await target.DumpAsync();
        Assert.All(target.Truth.Threads.Where(t => t.Name != "bare" && !IsLostOnNet8(flavour, t)), thread => thread.AssertIn(dump));
    }

    /// <summary>
    /// .NET 8 gives no way to keep collectible code alive while it is looked up, so that a dump leaves it unlocated
    /// rather than risk the program.
    /// </summary>
    [Fact]
    public async Task OnNet8CollectibleCodeHasItsNamesAndSaysThatTheLinesAreLost()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Net8, "GuestRooms");
        var dump = await target.DumpAsync();
        Assert.All(target.Truth.Threads.Where(t => IsLostOnNet8("net8", t)), thread =>
        {
            Assert.Equal(thread.Marks.Select(m => m.Method), dump.Of(thread).Frames.Where(f => f.IsOfTarget && !f.IsHidden).Select(f => f.FullName));
            Assert.All(dump.Of(thread).Frames.Where(IsRoom), frame => Assert.Equal("noOffset", frame.Symbols));
            Assert.Contains(dump.Of(thread).Frames, f => f.Symbols == "noOffset");
        });
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Ids)]
    public async Task AnAssemblyOfBytesWithoutSymbolsHasItsNamesAndNoLines(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "GuestRooms");
        var dump = await target.DumpAsync();
        var thread = target.Truth.Named("bare");
        var dumped = dump.Of(thread);
        Assert.Equal(thread.Marks.Select(m => m.Method), dumped.Frames.Where(f => f.IsOfTarget && !f.IsHidden).Select(f => f.FullName));
        Assert.All(dumped.Frames.Where(IsRoom), frame =>
        {
            Assert.Null(frame.Line);
            Assert.Equal("noPdb", frame.Symbols);
            Assert.Null(frame.ModulePath);
        });
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task EmbeddedSourceGivesTheText(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "GuestRooms");
        var dump = await target.DumpAsync();
        var room = dump.Of(target.Truth.Named("embedded")).Frames.First(IsRoom);
        Assert.Equal("if (marked && Here(mark)) park();", room.SourceText);
        Assert.Equal("embedded", room.SourceTextOrigin);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks)]
    public async Task TwoContextsOfOneFileAreToldApartByNothingButTheirThreads(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "GuestRooms");
        var dump = await target.DumpAsync();
        string?[] paths = [.. target.Truth.Threads.Select(t => t.Name!).Where(n => n is "context one" or "context two" or "collectible")
            .Select(n => dump.Of(target.Truth.Named(n)).Frames.First(IsRoom).ModulePath)];
        Assert.All(paths, p => Assert.EndsWith("/Guest.dll", p, StringComparison.Ordinal));
        Assert.Single(paths.Distinct());
    }

    private static bool IsLostOnNet8(string flavour, TruthThread thread) =>
        flavour == "net8" && thread.Name is not ("context one" or "context two" or "embedded");

    private static bool IsRoom(JsonFrame frame) => frame.DeclaringType.EndsWith(".Room", StringComparison.Ordinal);
}
