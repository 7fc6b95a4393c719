using System.Buffers.Binary;
using Stackflare.Capture.CoreFiles;
using Stackflare.Runtime.Stacks;
using Stackflare.Tests.Outputs;

namespace Stackflare.Tests.Capture.CoreFiles;

/// <summary>The headers and notes of cores, whole and damaged.</summary>
public sealed class CoreFileTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AWholeCoreIsRead()
    {
        using CoreFile core = Open(Whole().Build());
        Assert.Equal([7, 8], core.Notes.Threads.Select(static t => t.Id));
        Assert.Equal((7, "dotnet Shop.dll"), (core.Notes.Process!.Id, core.Notes.Process.Command));
        Assert.Equal((11, TimeSpan.FromMilliseconds(1.5)), (core.Notes.Threads[1].Signal, core.Notes.Threads[1].State.CpuTime));
        Assert.Null(core.Notes.Threads[0].State.CpuTime);
        // By the kernel's order: r15 first; rbx is the sixth, the instruction pointer the 17th, the stack pointer the 20th.
        Registers registers = core.Notes.Threads[0].State.Registers!.Value;
        Assert.Equal((116ul, 119ul, 104ul, 105ul, 100ul, 103ul), (registers.Ip, registers.Sp, registers.Fp, registers[Registers.Rbx], registers[15], registers[12]));
        Assert.Equal([("/lib/a.so", 0x5000ul, 0ul), ("/lib/a.so", 0x6000ul, 0x1000ul), ("/lib/b.so", 0x9000ul, 0ul)], core.Notes.Mappings.Select(static m => (m.Path, m.Start, m.Position)));
        Assert.Equal(0ul, core.MissingBytes);
        using var memory = new CoreMemory(core);
        byte[] bytes = new byte[6];
        Assert.Equal(4, memory.Read(0x1000, bytes));
        Assert.Equal([1, 2, 3, 4, 0, 0], bytes);
        Assert.Equal(2, memory.Read(0x1002, bytes));
        Assert.Equal(0, memory.Read(0x1004, bytes));
        Assert.Equal(0, memory.Read(0, bytes));
        Assert.Equal(0, memory.Read(ulong.MaxValue, bytes));
    }

    [Fact]
    public void OtherFilesAreNoCores()
    {
        Assert.Equal(StackflareError.InvalidCore, Error(Whole(type: 2).Build()).Error);
        Assert.Equal(StackflareError.InvalidCore, Error("a text"u8.ToArray()).Error);
        Assert.Equal(StackflareError.InvalidCore, Error([]).Error);
        Assert.Equal(StackflareError.InvalidCore, Assert.Throws<CoreFileException>(() => CoreFile.Open(_folder["nowhere"])).Error);
        Assert.Equal(StackflareError.InvalidCore, Assert.Throws<CoreFileException>(() => CoreFile.Open(_folder.Path)).Error);
        Assert.False(CoreFile.IsCore(_folder["nowhere"]));
        Assert.False(CoreFile.IsCore(Saved(Whole(type: 2).Build())));
        Assert.True(CoreFile.IsCore(Saved(Whole().Build())));
    }

    [Fact]
    public void ACoreOfAnotherProcessorIsRefused()
    {
        StackflareException error = Error(Whole(machine: 183).Build());
        Assert.Equal(StackflareError.Unsupported, error.Error);
        Assert.Contains("arm64", error.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void ACoreWithoutThreadsIsRefused() => Assert.Contains("no threads", Error(new CoreBuilder().Memory(0x1000, [1]).Build()).Problem, StringComparison.Ordinal);

    /// <summary>Wherever it is cut: an error of this library, or what is there.</summary>
    [Fact]
    public void EveryCutIsAnErrorOrLess()
    {
        byte[] whole = Whole().Build();
        for (int length = 0; length < whole.Length; length++)
        {
            try
            {
                using CoreFile core = Open(whole[..length]);
                Assert.InRange(core.Notes.Threads.Count, 1, 2);
                Assert.NotEqual(0ul, core.MissingBytes);
            }
            catch (StackflareException e)
            {
                Assert.Equal(StackflareError.InvalidCore, e.Error);
                Assert.NotEmpty(e.Remedy);
            }
        }
    }

    [Fact]
    public void WrongBitsAreErrorsOrLess()
    {
        byte[] whole = Whole().Build();
        var random = new Random(5);
        byte[] bytes = new byte[64];
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            byte[] damaged = [.. whole];
            for (int flips = random.Next(1, 5); flips > 0; flips--)
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                using CoreFile core = Open(damaged);
                using var memory = new CoreMemory(core);
                memory.Read(0x1000, bytes);
                memory.Read(0x5000, bytes);
                CoreCapture.Take(Saved(damaged), DumpLimits.Default, out _);
            }
            catch (StackflareException)
            {
            }
        }
        // On average far less than the largest table that a core may claim to have.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, 0, 4 << 20);
    }

    /// <summary>A core can claim any number of parts, or parts of any size.</summary>
    [Fact]
    public void ClaimsWithoutContentCostNothing()
    {
        byte[] core = Whole().Build();
        BinaryPrimitives.WriteUInt16LittleEndian(core.AsSpan(56), 0xFFFF);
        Assert.Equal(StackflareError.InvalidCore, Error(core).Error);
        core = Whole().Build();
        // The length of the first note's part, and that of memory.
        BinaryPrimitives.WriteUInt64LittleEndian(core.AsSpan(64 + 32), ulong.MaxValue >> 2);
        BinaryPrimitives.WriteUInt64LittleEndian(core.AsSpan(64 + 56 + 32), ulong.MaxValue >> 2);
        using CoreFile damaged = Open(core);
        Assert.Equal(2, damaged.Notes.Threads.Count);
        Assert.NotEqual(0ul, damaged.MissingBytes);
    }

    /// <summary>Limits hold for all notes together: many parts can be at one place, and each can have a table of files.</summary>
    [Fact]
    public void ManyNotesAtOnePlaceCostLittle()
    {
        const int parts = 60_000;
        byte[] core = Whole().File(0x10000, 0x20000, "/" + new string('x', 1 << 20)).Build();
        byte[] header = core[64..(64 + 56)];
        BinaryPrimitives.WriteInt64LittleEndian(core.AsSpan(32), core.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(core.AsSpan(56), parts);
        Effort effort = Effort.Begin();
        long before = GC.GetAllocatedBytesForCurrentThread();
        using CoreFile read = Open([.. core, .. Enumerable.Repeat(header, parts).SelectMany(static h => h)]);
        Assert.True(read.Notes.IsTruncated);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1L << 30);
        Assert.InRange(effort.Used.TotalSeconds, 0, 20);
    }

    /// <summary>A path is kept and compared often.</summary>
    [Theory]
    [InlineData(4095, "", false)]
    [InlineData(4095, " (deleted)", false)]
    [InlineData(5000, "", true)]
    public void APathThatIsTooLongIsDamage(int length, string mark, bool isDamage)
    {
        using CoreFile core = Open(new CoreBuilder().Thread(1).File(0x5000, 0x6000, "/lib/a.so").File(0x7000, 0x8000, new string('/', length) + mark).Build());
        Assert.Equal(isDamage, core.Notes.IsTruncated);
        Assert.Equal(isDamage ? 1 : 2, core.Notes.Mappings.Count);
    }

    [Fact]
    public void TheLastNoteNeedsNoPadding()
    {
        byte[] core = new CoreBuilder().Thread(1).Note(99, [1, 2, 3]).Build();
        core[64 + 32]--;
        using CoreFile read = Open(core);
        Assert.False(read.Notes.IsTruncated);
    }

    [Fact]
    public void ATableOfFilesWithoutItsNumberIsDamage()
    {
        using CoreFile core = Open(new CoreBuilder().Thread(1).Note(0x46494C45, new byte[8]).Build());
        Assert.True(core.Notes.IsTruncated);
    }

    /// <summary>The number of parts can be in the first section, which can be anywhere.</summary>
    [Fact]
    public void AFileWhoseHeadersAreNowhereIsNoCoreOrOneThatIsDamaged()
    {
        byte[] file = Whole().Build()[..64];
        file.AsSpan(40, 8).Fill(0xFF);
        file.AsSpan(56, 2).Fill(0xFF);
        Assert.True(CoreFile.IsCore(Saved(file)));
        Assert.Equal(StackflareError.InvalidCore, Error(file).Error);
    }

    /// <summary>A core can have a segment for each byte, and then each read of a page would be thousands of reads of the file.</summary>
    [Fact]
    public void MemoryInTinyPiecesIsMissing()
    {
        var builder = new CoreBuilder().Thread(1).Memory(0x9000, new byte[0x1000]).Memory(0xA000, new byte[0x1000]);
        for (ulong i = 0; i < 4096; i++)
            builder.Memory(0x1000 + i, [1]);
        using CoreFile core = Open(builder.Build());
        using var memory = new CoreMemory(core);
        byte[] bytes = new byte[4096];
        Assert.InRange(memory.Read(0x1000, bytes), 1, 100);
        Assert.Equal(4096, memory.Read(0x9800, bytes));
    }

    [Fact]
    public void AFileThatWasDeletedHasItsPath()
    {
        using CoreFile core = Open(new CoreBuilder().Thread(1).File(0x5000, 0x6000, "/lib/libcoreclr.so (deleted)").Build());
        Assert.Equal(("/lib/libcoreclr.so", true), (core.Notes.Mappings[0].Path, core.Notes.Mappings[0].IsDeleted));
    }

    /// <summary>The kernel stops a call that sleeps by the error of a call that begins again.</summary>
    [Theory]
    [InlineData(202, -512, true)]
    [InlineData(0, -516, true)]
    [InlineData(232, -4, true)]
    [InlineData(202, -517, false)]
    [InlineData(202, 0, false)]
    [InlineData(-1, -512, false)]
    [InlineData(-1, 5, false)]
    public void AThreadInACallThatWouldBeginAgainIsAsleep(long systemCall, long result, bool isAsleep)
    {
        using CoreFile core = Open(new CoreBuilder().Thread(7, systemCall: systemCall, result: result).Build());
        Assert.Equal(isAsleep, Assert.Single(core.Notes.Threads).State.IsAsleep);
    }

    private static CoreBuilder Whole(ushort type = 4, ushort machine = 62) => new CoreBuilder { Type = type, Machine = machine }
        .Process(7, "dotnet Shop.dll").Thread(7).Thread(8, signal: 11, microseconds: 1500)
        .File(0x6000, 0x7000, "/lib/a.so", page: 1).File(0x5000, 0x6000, "/lib/a.so").File(0x9000, 0xA000, "/lib/b.so")
        .Memory(0x1000, [1, 2, 3, 4]);

    private CoreFile Open(byte[] bytes) => CoreFile.Open(Saved(bytes));

    private StackflareException Error(byte[] bytes) => Assert.ThrowsAny<StackflareException>(() => Open(bytes).Dispose());

    private string Saved(byte[] bytes)
    {
        string path = _folder["core"];
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
