using System.Buffers.Binary;
using Stackflare.Capture.CoreFiles;
using Stackflare.Tests.Outputs;

namespace Stackflare.Tests.Capture.CoreFiles;

/// <summary>What a core leaves out because it is in a file is read from that file only if it is the same as then.</summary>
public sealed class NamedFileTests : IDisposable
{
    private const ulong Start = 0x7000_0000;
    private readonly TemporaryDirectory _folder = new();
    private readonly byte[] _bytes = new byte[16];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheSameBuildIsUsedAsTheLoaderLeftIt()
    {
        Read(ElfBuilder.Library(1), ElfBuilder.Library(1)[..4096], out CoreMemory memory);
        using (memory)
        {
            Assert.Equal(16, memory.Read(Start + 0x1100, _bytes));
            Assert.All(_bytes, static b => Assert.Equal(0xAB, b));
            Assert.Equal(16, memory.Read(Start + ElfBuilder.RelocatedAt - 8, _bytes));
            Assert.Equal(Start + ElfBuilder.RelocatedValue, BinaryPrimitives.ReadUInt64LittleEndian(_bytes.AsSpan(8)));
            // Also if a read ends in it.
            Assert.Equal(4, memory.Read(Start + ElfBuilder.RelocatedAt, _bytes.AsSpan(0, 4)));
            Assert.Equal((uint)(Start + ElfBuilder.RelocatedValue), BinaryPrimitives.ReadUInt32LittleEndian(_bytes));
            Assert.Empty(memory.UncheckedFiles);
            Assert.Empty(memory.MissingFiles);
            // One read over what the core has and what it has not.
            byte[] both = new byte[0x2000];
            Assert.Equal(both.Length, memory.Read(Start, both));
        }
    }

    [Fact]
    public void AnotherBuildIsNotUsed()
    {
        string path = Read(ElfBuilder.Library(2), ElfBuilder.Library(1)[..4096], out CoreMemory memory);
        using (memory)
        {
            Assert.Equal(0, memory.Read(Start + 0x1100, _bytes));
            Assert.Equal([path], memory.MissingFiles);
        }
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(1, false)]
    public void WithoutTheFirstPageAFileIsUsedIfItIsNotNewer(int minutes, bool isUsed)
    {
        string path = Read(ElfBuilder.Library(1), null, out CoreMemory memory, minutes);
        using (memory)
        {
            Assert.Equal(isUsed ? 16 : 0, memory.Read(Start + 0x1100, _bytes));
            Assert.Equal(isUsed ? [path] : [], memory.UncheckedFiles);
            Assert.Equal(isUsed ? [] : [path], memory.MissingFiles);
        }
    }

    /// <summary>A core can name any file. Its reader may have more rights than its author.</summary>
    [Fact]
    public void AFileThatIsNoProgramIsNotUsed()
    {
        byte[] secret = new byte[8192];
        secret.AsSpan().Fill((byte)'s');
        Read(secret, null, out CoreMemory memory, minutes: -1);
        using (memory)
            Assert.Equal(0, memory.Read(Start + 0x1100, _bytes));
    }

    /// <summary>An assembly has no build id, but its headers have a hash of it.</summary>
    [Fact]
    public void AnAssemblyIsComparedByItsHeaders()
    {
        byte[] assembly = File.ReadAllBytes(typeof(NamedFileTests).Assembly.Location);
        Read(assembly, assembly[..4096], out CoreMemory same);
        using (same)
        {
            Assert.Equal(16, same.Read(Start + 0x1100, _bytes));
            Assert.Equal(assembly[0x1100..0x1110], _bytes);
        }
        byte[] other = [.. assembly];
        other[BinaryPrimitives.ReadInt32LittleEndian(assembly.AsSpan(0x3C)) + 8] ^= 1;
        Read(assembly, other[..4096], out CoreMemory different);
        using (different)
            Assert.Equal(0, different.Read(Start + 0x1100, _bytes));
    }

    [Fact]
    public void DamageIsLess()
    {
        var random = new Random(11);
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = ElfBuilder.Library(1);
            for (int flips = 0; flips < 3; flips++)
                damaged[random.Next(0x420)] ^= (byte)(1 << random.Next(8));
            Read(damaged, ElfBuilder.Library(1)[..4096], out CoreMemory memory);
            using (memory)
                memory.Read(Start + ElfBuilder.RelocatedAt, _bytes);
        }
    }

    private string Read(byte[] file, byte[]? mapped, out CoreMemory memory, int minutes = 0)
    {
        string path = _folder["a file"], core = _folder["core"];
        File.WriteAllBytes(path, file);
        var builder = new CoreBuilder().Thread(1).File(Start, Start + 0x1000, path).File(Start + 0x1000, Start + 0x2000, path, page: 1);
        File.WriteAllBytes(core, (mapped is null ? builder : builder.Memory(Start, mapped)).Build());
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(core).AddMinutes(minutes));
        memory = new CoreMemory(CoreFile.Open(core));
        return path;
    }
}
