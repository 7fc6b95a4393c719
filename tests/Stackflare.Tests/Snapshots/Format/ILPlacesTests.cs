using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Tests.Symbols;
using Stackflare.Tests.Symbols.Saved;

namespace Stackflare.Tests.Snapshots.Format;

/// <summary>The IL offsets that compiled code has places for.</summary>
public sealed class ILPlacesTests
{
    [Fact]
    public void TheyAreInOrderAndEachIsThereOnce()
    {
        var places = new ILPlaces([7, 3, 7, 0]);
        Assert.Equal([0, 3, 7], places.Offsets.ToArray());
        Assert.Equal(new ILPlaces([0, 3, 7]).Hash, places.Hash);
        Assert.Equal((true, false), (places.Contains(3), places.Contains(4)));
        Assert.Equal((7, int.MaxValue), (places.After(3), places.After(7)));
        Assert.Equal((0, 3, -1), (places.Before(3), places.Before(5), places.Before(0)));
    }

    [Fact]
    public void AFileHasThemOnceForAllFramesOfTheCode()
    {
        var builder = new SnapshotBuilder { Host = CodeSnapshot.Host };
        int method = builder.Add(new SnapshotMethod { Module = builder.Add(new SnapshotModule { Path = "/app/Shop.dll" }), Token = 0x06000001 });
        var places = new ILPlaces([0, 3, 7]);
        builder.Add(new SnapshotFrame { Method = method, Address = 0x1000, ILOffset = 3, ILPlaces = places, ILNext = 7 });
        builder.Add(new SnapshotFrame { Method = method, Address = 0x1008, ILOffset = 7, ILPlaces = places, IsExact = true });
        builder.Add(new SnapshotFrame { Method = method, Address = 0x1010, ILOffset = 7 });
        SnapshotFrame[] read = SnapshotFile.Read(SavedDump.Write(builder.Build())).Snapshot.Frames;
        Assert.Equal([0, 3, 7], read[0].ILPlaces!.Offsets.ToArray());
        Assert.Same(read[0].ILPlaces, read[1].ILPlaces);
        Assert.Null(read[2].ILPlaces);
        Assert.Equal([7, null, null], read.Select(f => f.ILNext));
        Assert.Equal([false, true, false], read.Select(f => f.IsExact));
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(3u, 0u, 5u)]
    [InlineData(1u, 2u, 5u)]
    [InlineData(1u, uint.MaxValue, 5u)]
    [InlineData(uint.MaxValue, 1u, 5u)]
    public void AListThatIsNotThereIsRefused(uint list, params uint[] numbers)
    {
        var builder = new SnapshotBytes();
        builder.Add(SectionKind.Frames, new FrameRecord { Function = SnapshotConstants.None, ILPlaces = list });
        builder.Add(SectionKind.ILPlaces, numbers);
        Assert.Contains("IL places", Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(builder.Build())).Message, StringComparison.Ordinal);
    }
}
