using System.Buffers.Binary;
using Stackflare.Capture;

namespace Stackflare.Tests.Capture;

public sealed class SnapshotReaderTests
{
    [Fact]
    public void ReadsWhatTheProbeWrites()
    {
        RawSnapshot snapshot = SnapshotReader.Read(SnapshotBuilder.Sample());
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
        byte[] whole = SnapshotBuilder.Sample();
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(whole.AsMemory(0, length)));
    }

    [Fact]
    public void EveryCutThatTheHeaderKnowsOfIsAnErrorOfOurs() => Damage.CutEverywhere(SnapshotBuilder.Sample(), ReadsOrFailsCleanly);

    [Fact]
    public void EveryFlippedByteIsReadOrIsAnErrorOfOurs() => Damage.FlipEverywhere(SnapshotBuilder.Sample(), ReadsOrFailsCleanly, mostOnAverage: 64 << 10);

    [Fact]
    public void RandomDamageIsReadOrIsAnErrorOfOurs()
    {
        byte[] whole = SnapshotBuilder.Sample();
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
        var builder = new SnapshotBuilder();
        var thread = new ThreadRecord { FrameCount = 1000, NameOffset = SnapshotLayout.None, ExceptionType = SnapshotLayout.None };
        builder.Add(SectionKind.Threads, [.. Enumerable.Repeat(thread, 1000)]);
        builder.Add(SectionKind.Stacks, new uint[1000]);
        builder.Add(SectionKind.Frames, new FrameRecord { Function = SnapshotLayout.None });
        Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(builder.Build()));
    }

    [Fact]
    public void AnotherMajorVersionIsRefusedByName()
    {
        byte[] bytes = SnapshotBuilder.Sample();
        bytes[8] = 9;
        var error = Assert.Throws<SnapshotFormatException>(() => SnapshotReader.Read(bytes));
        Assert.Contains("version 9.", error.Message, StringComparison.Ordinal);
        Assert.Contains(error.Remedy, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LongerRecordsOfALaterMinorVersionAreRead()
    {
        var builder = new SnapshotBuilder();
        builder.Add(SectionKind.Frames, new LongerFrame { Frame = new FrameRecord { Function = SnapshotLayout.None, ILOffset = 3 }, Later = 1 });
        builder.Add((SectionKind)99, 7ul);
        RawSnapshot snapshot = SnapshotReader.Read(builder.Build());
        Assert.Equal(3, Assert.Single(snapshot.Frames).ILOffset);
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
