using System.Buffers.Binary;
using Stackflare.Snapshots.Format;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Snapshots.Format;

public sealed class SnapshotReaderTests
{
    [Fact]
    public void ReadsWhatTheProbeWrites()
    {
        RawSnapshot snapshot = SnapshotReader.Read(SnapshotBytes.Sample());
        ThreadRecord thread = Assert.Single(snapshot.Threads);
        Assert.Equal("worker", snapshot.Text(thread.NameOffset, thread.NameLength));
        Assert.Equal([0u, 1u], snapshot.StackOf(thread).ToArray());
        Assert.Equal("/app/Shop.dll", snapshot.Text(snapshot.Modules[0].PathOffset, snapshot.Modules[0].PathLength));
        Assert.Equal([1, 2, 3, 4], snapshot.Bytes(snapshot.Modules[0].ImageOffset, snapshot.Modules[0].ImageLength).ToArray());
        Assert.Equal(7, snapshot.Frames[0].ILOffset);
    }

    [Fact]
    public void EveryCutIsAnErrorOfOurs()
    {
        byte[] whole = SnapshotBytes.Sample();
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(whole.AsMemory(0, length)));
    }

    [Fact]
    public void EveryCutThatTheHeaderKnowsOfIsAnErrorOfOurs() => Damage.CutEverywhere(SnapshotBytes.Sample(), ReadsOrFailsCleanly);

    [Fact]
    public void EveryFlippedByteIsReadOrIsAnErrorOfOurs() => Damage.FlipEverywhere(SnapshotBytes.Sample(), ReadsOrFailsCleanly, mostOnAverage: 64 << 10);

    [Fact]
    public void RandomDamageIsReadOrIsAnErrorOfOurs()
    {
        byte[] whole = SnapshotBytes.Sample();
        var random = new Random(20261122);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = (byte[])whole.Clone();
            for (int i = random.Next(1, 8); i > 0; i--)
                BinaryPrimitives.WriteUInt32LittleEndian(damaged.AsSpan(random.Next(24, damaged.Length - 4)), Interesting(random));
            ReadsOrFailsCleanly(damaged);
        }
    }

    [Fact]
    public void StacksThatShareFramesAreRefused()
    {
        // A thousand threads that all name one long stack would make a small snapshot a large dump.
        var builder = new SnapshotBytes();
        var thread = new ThreadRecord { FrameCount = 1000, NameOffset = SnapshotConstants.None, ExceptionType = SnapshotConstants.None };
        builder.Add(SectionKind.Threads, [.. Enumerable.Repeat(thread, 1000)]);
        builder.Add(SectionKind.Stacks, new uint[1000]);
        builder.Add(SectionKind.Frames, new FrameRecord { Function = SnapshotConstants.None });
        Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(builder.Build()));
    }

    [Fact]
    public void LocksComeBack()
    {
        RawSnapshot snapshot = SnapshotReader.Read(SnapshotBytes.Sample());
        Assert.Equal([(LockRecordKind.Monitor, 0u), (LockRecordKind.Lock, SnapshotConstants.None)], snapshot.Locks.Select(l => (l.Kind, l.Owner)));
        Assert.Equal((WaitRecordKind.LockEnter, 1u, 5), snapshot.Waits.Select(w => (w.Kind, w.Lock, w.TimeoutMs)).Single());
        Assert.Equal((0u, 0u, 1u), snapshot.Held.Select(h => (h.Thread, h.Lock, h.Frame)).Single());
    }

    [Fact]
    public void ReadsObjectsThatThreadsReferTo()
    {
        RawSnapshot snapshot = SnapshotReader.Read(SnapshotBytes.Sample());
        Assert.Equal(
            [(ObjectRecordKind.SemaphoreSlim, 0x5000ul, SnapshotConstants.None, 2), (ObjectRecordKind.ReaderWriterLockSlim, 0x6000ul, 0u, 0)],
            snapshot.Objects.Select(o => (o.Kind, o.Address, o.Owner, o.Count)));
        Assert.Equal(
            [(0u, 1u, 0u, ReferenceFlags.Proven), (0u, SnapshotConstants.None, 1u, ReferenceFlags.HoldsRead)],
            snapshot.References.Select(r => (r.Thread, r.Frame, r.Object, r.Flags)));
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("objects that were not read")]
    [InlineData("an owner that is not there")]
    [InlineData("an upgrader that is not there")]
    [InlineData("a type that is not there")]
    [InlineData("an object that is not there")]
    [InlineData("a thread that is not there")]
    [InlineData("no thread")]
    [InlineData("a frame that is not there")]
    [InlineData("a reference that is said twice")]
    [InlineData("references out of order")]
    public void ObjectsThatAreNotThereAreRefused(string which)
    {
        var builder = new SnapshotBytes();
        var waited = new ObjectRecord { Owner = 0, Upgrader = SnapshotConstants.None, Type = SnapshotConstants.None };
        var reference = new ReferenceRecord { Thread = 0, Frame = SnapshotConstants.None, Object = 0 };
        ReferenceRecord[] second = [];
        if (which == "objects that were not read")
            builder.Info = builder.Info with { Flags = 0 };
        else if (which == "an owner that is not there")
            waited.Owner = 1;
        else if (which == "an upgrader that is not there")
            waited.Upgrader = 1;
        else if (which == "a type that is not there")
            waited.Type = 0;
        else if (which == "an object that is not there")
            reference.Object = 1;
        else if (which == "a thread that is not there")
            reference.Thread = 1;
        else if (which == "no thread")
            reference.Thread = SnapshotConstants.None;
        else if (which == "a frame that is not there")
            reference.Frame = 1;
        else if (which == "a reference that is said twice")
            second = [reference];
        else if (which == "references out of order")
            second = [reference with { Frame = 0 }];
        builder.Add(SectionKind.Threads, new ThreadRecord { FrameCount = 1, NameOffset = SnapshotConstants.None, ExceptionType = SnapshotConstants.None });
        builder.Add(SectionKind.Stacks, 0u);
        builder.Add(SectionKind.Frames, new FrameRecord { Function = SnapshotConstants.None });
        builder.Add(SectionKind.Objects, waited);
        builder.Add(SectionKind.References, [reference, .. second]);
        if (which == "nothing")
            Assert.Single(SnapshotReader.Read(builder.Build()).References);
        else
            Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(builder.Build()));
    }

    /// <summary>What one record says of a lock or a thread another must not deny: whoever follows them has to come to an end.</summary>
    [Theory]
    [InlineData("locks that were not read")]
    [InlineData("an owner of a lock that nobody holds")]
    [InlineData("an owner that is not there")]
    [InlineData("a thread that waits twice")]
    [InlineData("a wait of no thread")]
    [InlineData("a wait for a lock that is not there")]
    [InlineData("a frame that is said twice")]
    [InlineData("frames out of order")]
    [InlineData("a held lock that is not there")]
    [InlineData("a lock that another holds")]
    [InlineData("a lock that nobody holds")]
    [InlineData("a frame that is not there")]
    public void LocksThatContradictEachOtherAreRefused(string which)
    {
        var builder = new SnapshotBytes();
        var thread = new ThreadRecord { FrameCount = 1, NameOffset = SnapshotConstants.None, ExceptionType = SnapshotConstants.None };
        var taken = new LockRecord { Owner = 0, Type = SnapshotConstants.None, Flags = LockFlags.Held };
        var wait = new WaitRecord { Thread = 1, Lock = 0, OtherThread = SnapshotConstants.None };
        var held = new HeldRecord { Frame = SnapshotConstants.None };
        HeldRecord[] second = [];
        WaitRecord[] secondWait = [];
        if (which == "locks that were not read")
            builder.Info = builder.Info with { Flags = 0 };
        else if (which == "an owner of a lock that nobody holds")
            taken.Flags = LockFlags.WaitersKnown;
        else if (which == "an owner that is not there")
            taken.Owner = 2;
        else if (which == "a thread that waits twice")
            secondWait = [wait];
        else if (which == "a wait of no thread")
            wait.Thread = SnapshotConstants.None;
        else if (which == "a wait for a lock that is not there")
            wait.Lock = 1;
        else if (which == "a frame that is said twice")
            second = [held];
        else if (which == "frames out of order")
            second = [held with { Frame = 0 }];
        else if (which == "a held lock that is not there")
            held.Lock = 1;
        else if (which == "a lock that another holds")
            held.Thread = 1;
        else if (which == "a lock that nobody holds")
            (taken.Owner, held.Thread) = (SnapshotConstants.None, SnapshotConstants.None);
        else
            held.Frame = 1;
        builder.Add(SectionKind.Threads, thread, thread with { FirstFrame = 1 });
        builder.Add(SectionKind.Stacks, 0u, 0u);
        builder.Add(SectionKind.Frames, new FrameRecord { Function = SnapshotConstants.None });
        builder.Add(SectionKind.Locks, taken);
        builder.Add(SectionKind.Waits, [wait, .. secondWait]);
        builder.Add(SectionKind.Held, [held, .. second]);
        Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(builder.Build()));
    }

    [Fact]
    public void AThreadThatDidNotStopComesBack()
    {
        BlockerRecord blocker = Assert.Single(SnapshotReader.Read(SnapshotBytes.Sample()).Blockers);
        Assert.Equal((0u, 202, (BlockerFlags)0, 150_000_000L), (blocker.Thread, blocker.Call, blocker.Flags, blocker.SeenNs));
    }

    [Theory]
    [InlineData(0, 1, true)]
    [InlineData(7, 1, false)]
    [InlineData(0, -1, false)]
    public void OneThatIsNotThereOrWasSeenForLessThanNoTimeIsRefused(uint thread, long seenNs, bool isRead)
    {
        var builder = new SnapshotBytes();
        builder.Add(SectionKind.Threads, new ThreadRecord { NameOffset = SnapshotConstants.None, ExceptionType = SnapshotConstants.None });
        builder.Add(SectionKind.Blockers, new BlockerRecord { Thread = thread, SeenNs = seenNs });
        if (isRead)
            Assert.Single(SnapshotReader.Read(builder.Build()).Blockers);
        else
            Assert.Contains("a thread ", Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(builder.Build())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ABusyThreadComesBack()
    {
        BusyRecord busy = Assert.Single(SnapshotReader.Read(SnapshotBytes.Sample()).Busy);
        Assert.Equal((0u, 3_000_000, 4_000_000, 900_000), (busy.Thread, busy.CpuNs, busy.WallNs, busy.ReadyNs));
    }

    [Fact]
    public void TheThreadPoolComesBack()
    {
        PoolRecord pool = SnapshotReader.Read(SnapshotBytes.Sample()).Pool!.Value;
        Assert.Equal((4, 3, 2, 32767, 100, -1), (pool.Workers, pool.Working, pool.Min, pool.Max, pool.Queued, pool.Completed));
        Assert.Null(SnapshotReader.Read(new SnapshotBytes().Build()).Pool);
    }

    [Fact]
    public void ThereIsOneThreadPool()
    {
        var builder = new SnapshotBytes();
        builder.Add(SectionKind.Pool, default(PoolRecord), default(PoolRecord));
        Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(builder.Build()));
    }

    /// <summary>Whoever reads them divides the one by the other.</summary>
    [Theory]
    [InlineData(1u, 1, 1)]
    [InlineData(SnapshotConstants.None, 1, 1)]
    [InlineData(0u, -1, 1)]
    [InlineData(0u, 1, 0)]
    [InlineData(0u, 1, -1)]
    [InlineData(0u, 1, 3, -1)]
    [InlineData(0u, 1, 3, 4)]
    public void BusyThreadsThatCannotBeAreRefused(uint thread, long cpu, long wall, long ready = 0) =>
        AssertBusyIsRefused(new BusyRecord { Thread = thread, CpuNs = cpu, WallNs = wall, ReadyNs = ready });

    [Fact]
    public void AThreadIsBusyOnce()
    {
        var busy = new BusyRecord { CpuNs = 1, WallNs = 1 };
        AssertBusyIsRefused(busy, busy);
    }

    [Fact]
    public void AnotherMajorVersionIsRefusedByName()
    {
        byte[] bytes = SnapshotBytes.Sample();
        bytes[8] = 9;
        var error = Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(bytes));
        Assert.Contains("version 9.", error.Message, StringComparison.Ordinal);
        Assert.Contains(error.Remedy, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LongerRecordsOfALaterMinorVersionAreRead()
    {
        var builder = new SnapshotBytes();
        builder.Add(SectionKind.Frames, new LongerFrame { Frame = new FrameRecord { Function = SnapshotConstants.None, ILOffset = 3 }, Later = 1 });
        builder.Add((SectionKind)99, 7ul);
        RawSnapshot snapshot = SnapshotReader.Read(builder.Build());
        Assert.Equal(3, Assert.Single(snapshot.Frames).ILOffset);
    }

    private static void AssertBusyIsRefused(params BusyRecord[] busy)
    {
        var builder = new SnapshotBytes();
        builder.Add(SectionKind.Threads, new ThreadRecord { NameOffset = SnapshotConstants.None, ExceptionType = SnapshotConstants.None });
        builder.Add(SectionKind.Busy, busy);
        Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(builder.Build()));
    }

    private struct LongerFrame
    {
        public FrameRecord Frame;
        public ulong Later;
    }

    private static uint Interesting(Random random) => random.Next(5) switch
    {
        0 => 0,
        1 => uint.MaxValue,
        2 => (uint)random.Next(64),
        3 => int.MaxValue,
        _ => (uint)random.NextInt64(),
    };

    /// <summary>True when the bytes were read, false for an error of ours; any other exception fails the test.</summary>
    private static bool ReadsOrFailsCleanly(byte[] bytes)
    {
        try
        {
            RawSnapshot snapshot = SnapshotReader.Read(bytes);
            // What was let through has to be safe to use.
            foreach (ThreadRecord thread in snapshot.Threads)
            {
                _ = snapshot.StackOf(thread).Length;
                _ = snapshot.Text(thread.NameOffset, thread.NameLength);
            }
            foreach (WaitRecord wait in snapshot.Waits)
                _ = (snapshot.Threads[wait.Thread], wait.Lock == SnapshotConstants.None ? default : snapshot.Locks[wait.Lock]);
            foreach (HeldRecord held in snapshot.Held)
                _ = held.Frame == SnapshotConstants.None ? 0 : snapshot.StackOf(snapshot.Threads[held.Thread])[(int)held.Frame];
            foreach (ReferenceRecord r in snapshot.References)
                _ = (snapshot.Objects[r.Object], r.Frame == SnapshotConstants.None ? 0 : snapshot.StackOf(snapshot.Threads[r.Thread])[(int)r.Frame]);
            foreach (HeapObjectRecord entry in snapshot.Heap?.Objects ?? [])
                _ = snapshot.Heap!.BytesOf(entry).Length;
            foreach (HeapLayoutRecord layout in snapshot.Heap?.Layouts ?? [])
                _ = snapshot.Heap!.FieldsOf(layout).Length + snapshot.Heap.ReferencesOf(layout).Length;
            foreach (ModuleRecord module in snapshot.Modules)
                _ = snapshot.Bytes(module.ImageOffset, module.ImageLength).Length + snapshot.Text(module.PathOffset, module.PathLength)?.Length;
            return true;
        }
        catch (SnapshotFormatException)
        {
            return false;
        }
    }
}
