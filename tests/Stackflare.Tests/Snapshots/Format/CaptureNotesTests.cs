using Stackflare.Snapshots.Format;

namespace Stackflare.Tests.Snapshots.Format;

/// <summary>Whatever a bound cuts off is said in the dump's notes, and nothing is said where nothing is cut off.</summary>
public sealed class CaptureNotesTests
{
    private const InfoFlags Whole = InfoFlags.Contract | InfoFlags.Locks;

    [Theory]
    [InlineData((uint)InfoFlags.ThreadsTruncated, "Only 1 of 20 threads are listed")]
    [InlineData((uint)InfoFlags.TimeTruncated, "1 threads have no stack: the limit on the pause")]
    [InlineData((uint)InfoFlags.FramesTruncated, "the limit on frames was reached")]
    [InlineData((uint)InfoFlags.TablesTruncated, "Some names are missing")]
    [InlineData((uint)InfoFlags.LocksTruncated, "Some locks, or objects that threads wait for, are missing")]
    public void OfTheWholeSnapshot(uint flag, string note) =>
        Assert.Contains(note, Assert.Single(Notes(new InfoRecord { Flags = Whole | (InfoFlags)flag })), StringComparison.Ordinal);

    [Fact]
    public void OfFunctionsAndModules()
    {
        Assert.Contains("more type arguments", Assert.Single(Notes(new InfoRecord { Flags = Whole }, FunctionFlags.ArgsTruncated)), StringComparison.Ordinal);
        Assert.Contains("were not copied", Assert.Single(Notes(new InfoRecord { Flags = Whole }, module: ModuleFlags.ImageTruncated)), StringComparison.Ordinal);
    }

    [Fact]
    public void NumbersAreInvariant() =>
        Assert.Equal(
            ["Only 1 of 12,345 threads are listed: the limit on threads was reached."],
            Notes(new InfoRecord { ThreadTotal = 12345, Flags = Whole | InfoFlags.ThreadsTruncated }));

    [Fact]
    public void NothingIsSaidOfAWholeSnapshot() => Assert.Empty(Notes(new InfoRecord { Flags = Whole }));

    [Theory]
    [InlineData((uint)HeapFlags.TimeTruncated, "after 100 objects of the heap")]
    [InlineData((uint)HeapFlags.ObjectsTruncated, "there are too many")]
    [InlineData((uint)HeapFlags.BytesTruncated, "there are too many")]
    [InlineData((uint)HeapFlags.PartLost, "a part of the heap was inconsistent")]
    [InlineData((uint)HeapFlags.Unreadable, "runtime-async")]
    [InlineData((uint)HeapFlags.ReferencesTruncated, "an object has more references than are followed")]
    public void OfTheHeap(uint flag, string note)
    {
        Assert.Contains(note, Assert.Single(HeapNotes((HeapFlags)flag)), StringComparison.Ordinal);
        Assert.Empty(HeapNotes(default));
    }

    private static IReadOnlyList<string> Notes(InfoRecord info, FunctionFlags function = default, ModuleFlags module = default)
    {
        info.RuntimeMajor = 10;
        info.Phase = CapturePhase.Done;
        if (info.ThreadTotal == 0)
            info.ThreadTotal = 20;
        var builder = new SnapshotBytes { Info = info };
        builder.Add(SectionKind.Threads, new ThreadRecord { OsId = 100, Flags = info.Flags.HasFlag(InfoFlags.TimeTruncated) ? ThreadFlags.NotWalked : default, ExceptionType = SnapshotConstants.None });
        builder.Add(SectionKind.Functions, new FunctionRecord
        {
            Module = 0,
            DeclaringType = SnapshotConstants.None,
            NameOffset = SnapshotConstants.None,
            TypeNameOffset = SnapshotConstants.None,
            SignatureOffset = SnapshotConstants.None,
            Flags = function,
        });
        builder.Add(SectionKind.Modules, new ModuleRecord
        {
            PathOffset = SnapshotConstants.None,
            ImageOffset = SnapshotConstants.None,
            SymbolsOffset = SnapshotConstants.None,
            Flags = module,
        });
        return CaptureNotes.Describe(SnapshotReader.Read(builder.Build()));
    }

    private static IReadOnlyList<string> HeapNotes(HeapFlags flags)
    {
        var builder = new SnapshotBytes { Info = new InfoRecord { Flags = Whole, RuntimeMajor = 10, Phase = CapturePhase.Done } };
        builder.Add(SectionKind.Heap, new HeapRecord { Status = HeapStatus.Walked, SeenObjects = 100, Flags = flags });
        return CaptureNotes.Describe(SnapshotReader.Read(builder.Build()));
    }
}
