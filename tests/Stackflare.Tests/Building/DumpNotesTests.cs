using Stackflare.Building;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Building;

/// <summary>What a dump says of limits that were reached, in numbers that read alike in every culture.</summary>
public sealed class DumpNotesTests
{
    [Fact]
    public void NumbersOfThreadsAreInvariant()
    {
        RawSnapshot snapshot = new SnapshotBuilder { Info = new() { RuntimeMajor = 10, ThreadTotal = 12345, Flags = Whole | InfoFlags.ThreadsTruncated } }.Build();
        Assert.Equal(["Only 1,234 of 12,345 threads are listed: the limit on threads was reached."], DumpNotes.Of(snapshot, 1234));
    }

    [Fact]
    public void NothingIsSaidOfAWholeSnapshot() =>
        Assert.Empty(DumpNotes.Of(new SnapshotBuilder { Info = new() { RuntimeMajor = 10, ThreadTotal = 12345, Flags = Whole } }.Build(), 12345));

    [Fact]
    public void SecondsAreInvariant() =>
        Assert.Equal("No stacks within 0.5 s: the runtime takes no connection.", new CaptureTimeoutException(TimeSpan.FromSeconds(0.5), "the runtime takes no connection").Problem);

    private const InfoFlags Whole = InfoFlags.Contract | InfoFlags.Locks;
}
