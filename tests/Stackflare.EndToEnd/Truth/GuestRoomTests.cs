using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Assemblies that are not simply files in the default load context.</summary>
public sealed class GuestRoomTests
{
    /// <summary>Flavours that have the guest assembly as a file.</summary>
    public static TheoryData<string> Flavours => ["optimized", "untiered", "net8", "net9"];

    [Theory]
    [MemberData(nameof(Flavours))]
    public async Task LinesAreRightHoweverTheAssemblyWasLoaded(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "GuestRooms");
        var dump = await target.DumpAsync();
        Assert.All(target.Truth.Threads.Where(t => !t.Name!.StartsWith("bytes", StringComparison.Ordinal)), thread =>
            thread.AssertIn(dump));
    }

    [Fact]
    public async Task SymbolsGivenOrEmbeddedWithTheBytesAreUsed()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "GuestRooms");
        var dump = await target.DumpAsync();
        Assert.All(["bytes with symbols", "bytes with symbols inside"], name =>
        {
            var thread = target.Truth.Named(name);
            thread.AssertIn(dump);
        });
    }

    [Fact]
    public async Task AnAssemblyOfBytesWithoutSymbolsHasItsNamesAndNoLines()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "GuestRooms");
        var dump = await target.DumpAsync();
        var thread = target.Truth.Named("bytes");
        var dumped = dump.Of(thread);
        Assert.Equal(thread.Marks.Select(m => m.Method), dumped.Frames.Where(f => f.IsOfTarget && !f.IsHidden).Select(f => f.FullName));
        Assert.All(dumped.Frames.Where(f => f.DeclaringType.EndsWith(".Room", StringComparison.Ordinal)), frame =>
        {
            Assert.Null(frame.Line);
            Assert.Equal("noPdb", frame.Symbols);
            Assert.Null(frame.ModulePath);
        });
    }

    [Fact]
    public async Task EmbeddedSourceGivesTheText()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "GuestRooms");
        var dump = await target.DumpAsync();
        var room = dump.Of(target.Truth.Named("embedded")).Frames.First(f => f.DeclaringType.EndsWith(".Room", StringComparison.Ordinal));
        Assert.Equal("if (marked && Here(mark)) park();", room.SourceText);
        Assert.Equal("embedded", room.SourceTextOrigin);
    }

    [Fact]
    public async Task TwoContextsOfOneFileAreToldApartByNothingButTheirThreads()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "GuestRooms");
        var dump = await target.DumpAsync();
        string?[] paths = [.. target.Truth.Threads.Select(t => t.Name!).Where(n => n is "context one" or "context two" or "collectible")
            .Select(n => dump.Of(target.Truth.Named(n)).Frames.First(f => f.DeclaringType.EndsWith(".Room", StringComparison.Ordinal)).ModulePath)];
        Assert.All(paths, p => Assert.EndsWith("/Guest.dll", p, StringComparison.Ordinal));
        Assert.Single(paths.Distinct());
    }
}
