using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Snapshots.Format;

public sealed class HeapReaderTests
{
    [Fact]
    public void ReadsWhatTheProbeWrites()
    {
        RawHeap heap = Assert.IsType<RawHeap>(SnapshotReader.Read(SnapshotBytes.Sample()).Heap);
        Assert.Equal((HeapStatus.Walked, 1u, 100ul, 9L), (heap.Info.Status, heap.Info.MethodCount, heap.Info.SeenObjects, heap.Info.NowNs));
        RunningRecord running = Assert.Single(heap.Running);
        Assert.Equal((0u, 0u, 1u), (running.Thread, running.Object, running.Frame));
        Assert.Equal([8u, 16u], heap.FieldsOf(Assert.Single(heap.Layouts)).ToArray().Select(f => f.Offset));

        SnapshotHeap copies = Sample();
        Assert.Equal((0, 1, -1, -1), (copies.Find(0x5000), copies.Find(0x6000), copies.Find(0), copies.Find(0x5008)));
        TypeLayout layout = Assert.NotNull(copies.LayoutOf(0));
        Assert.Null(copies.LayoutOf(1));
        Assert.Equal([8u, 16u], layout.Fields.ToArray().Select(f => f.Offset));
        Assert.Equal(0x6000ul, SnapshotHeap.Word(copies.Objects[0], layout.References.Span[0]));
        Assert.Equal(4ul, SnapshotHeap.Word(copies.Objects[1], 0));
    }

    [Fact]
    public void AnOffsetThatIsNotInTheObjectReadsAsNothing()
    {
        SnapshotHeap heap = Sample();
        Assert.Equal(3ul, SnapshotHeap.Word(heap.Objects[0], 16));
        ulong[] outside = [17, 24, uint.MaxValue, ulong.MaxValue];
        Assert.All(outside, at => Assert.Equal(0ul, SnapshotHeap.Word(heap.Objects[0], at)));
    }

    private static SnapshotHeap Sample() => SnapshotDecoder.Decode(SnapshotReader.Read(SnapshotBytes.Sample()), CodeSnapshot.Host, []).Heap!;

    [Fact]
    public void WithoutTheSectionThereIsNone() => Assert.Null(SnapshotReader.Read(new SnapshotBytes().Build()).Heap);

    [Theory]
    [InlineData("nothing wrong")]
    [InlineData("two records")]
    [InlineData("a heap that was not looked through")]
    [InlineData("an object twice")]
    [InlineData("objects out of order")]
    [InlineData("an object at zero")]
    [InlineData("a type that is not there")]
    [InlineData("bytes that are not there")]
    [InlineData("bytes that are shared")]
    [InlineData("a layout twice")]
    [InlineData("a layout of no type")]
    [InlineData("fields that are not there")]
    [InlineData("fields that are shared")]
    [InlineData("fields out of order")]
    [InlineData("references that are not there")]
    [InlineData("references out of order")]
    [InlineData("a parent that is not there")]
    [InlineData("a type that is its own parent")]
    [InlineData("parents in a cycle")]
    [InlineData("a running thread that is not there")]
    [InlineData("a frame that is not there")]
    [InlineData("a frame of another thread")]
    [InlineData("a running method that is not there")]
    [InlineData("a running object that is no method")]
    [InlineData("a running method twice")]
    [InlineData("running methods out of order")]
    [InlineData("what comes next is not there")]
    [InlineData("a suspension twice")]
    [InlineData("suspensions out of order")]
    [InlineData("a suspension without a place")]
    [InlineData("a suspension in a frame that is not there")]
    public void PartsThatDoNotFitAreRefused(string which)
    {
        var info = new HeapRecord { Status = HeapStatus.Walked };
        HeapRecord[] more = [];
        var first = new HeapObjectRecord { Address = 8, BytesLength = 8, Flags = HeapObjectFlags.Method };
        var second = new HeapObjectRecord { Address = 16, BytesOffset = 8, BytesLength = 8, Flags = HeapObjectFlags.Method };
        var parent = new HeapLayoutRecord { Type = 0, Parent = SnapshotConstants.None, FieldCount = 2 };
        var child = new HeapLayoutRecord { Type = 1, Parent = 0, FirstField = 2, FieldCount = 1, ReferenceCount = 2 };
        var runs = new RunningRecord { Thread = 0, Object = 1, Frame = 1 };
        var runsToo = new RunningRecord { Thread = 1, Object = 0, Frame = 0, Next = 2 };
        var waits = new SuspensionRecord { ResumeInfo = 0x7000, Frame = SnapshotConstants.None };
        var waitsToo = new SuspensionRecord { ResumeInfo = 0x8000, Frame = SnapshotConstants.None };
        uint[] offsets = [8, 16, 24], references = [8, 16];
        switch (which)
        {
            case "two records": more = [info]; break;
            case "a heap that was not looked through": info.Status = HeapStatus.TooLarge; break;
            case "an object twice": second.Address = first.Address; break;
            case "objects out of order": second.Address = 7; break;
            case "an object at zero": first.Address = 0; break;
            case "a type that is not there": second.Type = 3; break;
            case "bytes that are not there": second.BytesOffset = 16; break;
            case "bytes that are shared": (first.BytesLength, second.BytesOffset) = (16, 0); break;
            case "a layout twice": child.Type = 0; break;
            case "a layout of no type": child.Type = 3; break;
            case "fields that are not there": child.FieldCount = 2; break;
            case "fields that are shared": (child.FirstField, child.FieldCount) = (0, 3); break;
            case "fields out of order": offsets[1] = 7; break;
            case "references that are not there": child.ReferenceCount = 3; break;
            case "references out of order": references[1] = 8; break;
            case "a parent that is not there": child.Parent = 3; break;
            case "a type that is its own parent": child.Parent = 1; break;
            case "parents in a cycle": parent.Parent = 1; break;
            case "a running thread that is not there": runsToo.Thread = 2; break;
            case "a frame that is not there": runs.Frame = 2; break;
            case "a frame of another thread": runsToo.Frame = 1; break;
            case "a running method that is not there": runsToo.Object = 2; break;
            case "a running object that is no method": second.Flags = HeapObjectFlags.Task; break;
            case "a running method twice": runsToo = runs; break;
            case "running methods out of order": runsToo.Thread = 0; break;
            case "what comes next is not there": runsToo.Next = 3; break;
            case "a suspension twice": waitsToo = waits; break;
            case "suspensions out of order": (waits, waitsToo) = (waitsToo, waits); break;
            case "a suspension without a place": waits.ResumeInfo = 0; break;
            case "a suspension in a frame that is not there": waitsToo.Frame = 1000; break;
        }
        const uint none = SnapshotConstants.None;
        var builder = new SnapshotBytes();
        var type = new TypeRecord { Module = SnapshotConstants.None };
        builder.Add(SectionKind.Types, type, type, type);
        builder.Add(SectionKind.Heap, [info, .. more]);
        builder.Add(SectionKind.HeapObjects, first, second);
        builder.Add(SectionKind.HeapBytes, new byte[16]);
        builder.Add(SectionKind.HeapLayouts, parent, child);
        builder.Add(SectionKind.HeapFields, [.. offsets.Select(o => new HeapFieldRecord { Offset = o })]);
        builder.Add(SectionKind.HeapReferences, references);
        builder.Add(
            SectionKind.Threads,
            new ThreadRecord { FrameCount = 2, NameOffset = none, ExceptionType = none },
            new ThreadRecord { FirstFrame = 2, FrameCount = 1, NameOffset = none, ExceptionType = none });
        builder.Add(SectionKind.Frames, new FrameRecord { Function = none });
        builder.Add(SectionKind.Stacks, 0u, 0u, 0u);
        builder.Add(SectionKind.Running, runs, runsToo);
        builder.Add(SectionKind.Suspensions, waits, waitsToo);
        byte[] bytes = builder.Build();
        if (which == "nothing wrong")
            Assert.NotNull(SnapshotReader.Read(bytes).Heap);
        else
            Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(bytes));
    }
}
