using System.Buffers.Binary;
using Stackflare.Capture.CoreFiles;
using Stackflare.Tests.Outputs;

namespace Stackflare.Tests.Capture.CoreFiles;

/// <summary>What a core leaves out because it is in a file is read from that file only if it is the same as then.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
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

    /// <summary>Any library could have been there.</summary>
    [Fact]
    public void WithoutItsFirstPageALibraryIsNotUsed()
    {
        string path = Read(ElfBuilder.Library(1), null, out CoreMemory memory, minutes: -1);
        using (memory)
        {
            Assert.Equal(0, memory.Read(Start + 0x1100, _bytes));
            Assert.Equal([path], memory.MissingFiles);
            Assert.False(memory.IsProved(Start));
        }
    }

    /// <summary>An assembly is mapped as a whole, or by its sections; behind the last one, this one has a signature.</summary>
    [Theory]
    [InlineData(-1, 0x2000, true)]
    [InlineData(-1, 0x1F01, true)]
    [InlineData(-1, 0x3000, true)]
    [InlineData(-1, 0x1000, false)]
    [InlineData(1, 0x2000, false)]
    public void WithoutItsHeadersAnAssemblyIsUsedIfItIsNotNewerAndHasTheSize(int minutes, int length, bool isUsed)
    {
        string path = Read(Assembly(length), null, out CoreMemory memory, minutes);
        using (memory)
        {
            Assert.Equal(isUsed ? 16 : 0, memory.Read(Start + 0x100, _bytes));
            Assert.Equal(isUsed ? [path] : [], memory.UncheckedFiles);
            Assert.Equal(isUsed ? [] : [path], memory.MissingFiles);
            Assert.Empty(memory.ChangedFiles);
        }
    }

    /// <summary>A package keeps the times of its files, and so does a copy. The kernel knows when they came.</summary>
    [Fact]
    public void AFileThatCameLaterIsSaid()
    {
        string path = Read(Assembly(0x2000), null, out CoreMemory memory, minutes: -10, coreMinutes: -5);
        using (memory)
        {
            Assert.Equal(16, memory.Read(Start + 0x100, _bytes));
            Assert.Equal([path], memory.ChangedFiles);
        }
    }

    /// <summary>Who reads a core of somebody else has other rights than its author.</summary>
    [RootFact]
    public void AFileThatTheOwnerOfTheCoreMayNotReadIsNotUsed()
    {
        string path = Read(Assembly(0x2000), null, out CoreMemory memory, minutes: -1);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        using (memory)
            Assert.Equal(16, memory.Read(Start + 0x100, _bytes));
        Assert.Equal(0, Native.ChangeOwner(_folder["core"], 1, 1));
        using var other = new CoreMemory(CoreFile.Open(_folder["core"]));
        Assert.Equal(0, other.Read(Start + 0x100, _bytes));
    }

    /// <summary>At its path there can only be another one, whatever its time; but it can be an equal one.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ADeletedFileIsUsedOnlyIfItIsProved(bool hasHeaders)
    {
        byte[] assembly = Assembly(0x2000);
        Read(assembly, hasHeaders ? assembly[..0x1000] : null, out CoreMemory memory, minutes: -1, mark: " (deleted)");
        using (memory)
            Assert.Equal(hasHeaders ? 16 : 0, memory.Read(Start + 0x1100, _bytes));
    }

    /// <summary>The build id of a single-file program is that of the host, which all such programs share.</summary>
    [Theory]
    [InlineData("Yc2JUxHlP3sQ", true)]
    [InlineData("3tUvGxZq8mNa", false)]
    public void ASingleFileProgramIsKnownByItsBundle(string id, bool isSame)
    {
        byte[] memory = ElfBuilder.Bundle(id)[..0x2000];
        System.Text.Encoding.UTF8.GetBytes(id).CopyTo(memory, ElfBuilder.IdAt);
        string path = Read(ElfBuilder.Bundle("Yc2JUxHlP3sQ"), memory, out CoreMemory core, pages: 3);
        using (core)
        {
            Assert.Equal(isSame, core.IsProved(Start));
            Assert.Equal(isSame ? 16 : 0, core.Read(Start + 0x2100, _bytes));
            Assert.Equal(isSame ? [] : [path], core.MissingFiles);
            // The host is the same in any case.
            Assert.Empty(core.UncheckedFiles);
        }
    }

    [Fact]
    public void WithoutTheVariablesOfItsHostABundleIsNotProved()
    {
        string path = Read(ElfBuilder.Bundle("Yc2JUxHlP3sQ"), ElfBuilder.Bundle("Yc2JUxHlP3sQ")[..0x1000], out CoreMemory core, pages: 3);
        using (core)
        {
            Assert.Equal(16, core.Read(Start + 0x2100, _bytes));
            Assert.Equal([path], core.UncheckedFiles);
            Assert.False(core.IsProved(Start));
        }
    }

    /// <summary>The host is the program, or one of two libraries. A core can name any number of these.</summary>
    [Fact]
    public void ABundleIsLookedForInAFewHosts()
    {
        const string id = "Yc2JUxHlP3sQ";
        string path = _folder["a file"], saved = _folder["core"];
        File.WriteAllBytes(path, ElfBuilder.Bundle(id));
        var builder = new CoreBuilder().Thread(1).File(Start, Start + 0x3000, path).Memory(Start, ElfBuilder.Bundle(id)[..0x2000]).Memory(Start + 0x10000, ElfBuilder.Bundle(id)[..0x2000]);
        for (int i = 0; i < 20_000; i++)
            builder.File(Start + 0x10000, Start + 0x12000, FormattableString.Invariant($"/{i}/libhostfxr.so"));
        File.WriteAllBytes(saved, builder.Build());
        using CoreFile core = CoreFile.Open(saved);
        using var memory = new CoreMemory(core);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(memory.IsProved(Start));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
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

    private string Read(byte[] file, byte[]? mapped, out CoreMemory memory, int minutes = 0, int coreMinutes = 0, int pages = 2, string mark = "")
    {
        string path = _folder["a file"], core = _folder["core"];
        File.WriteAllBytes(path, file);
        var builder = new CoreBuilder().Thread(1);
        for (ulong page = 0; page < (ulong)pages; page++)
            builder.File(Start + (page * 0x1000), Start + ((page + 1) * 0x1000), path + mark, page);
        File.WriteAllBytes(core, (mapped is null ? builder : builder.Memory(Start, mapped)).Build());
        // Not before the file came to its place, but for a test of that.
        File.SetLastWriteTimeUtc(core, DateTime.UtcNow.AddMinutes(coreMinutes == 0 ? 1 : coreMinutes));
        File.SetLastWriteTimeUtc(path, minutes <= 0 ? DateTime.UtcNow.AddMinutes(minutes) : DateTime.UtcNow.AddMinutes(1 + minutes));
        memory = new CoreMemory(CoreFile.Open(core));
        return path;
    }

    /// <summary>An assembly whose only section ends in the second page.</summary>
    private static byte[] Assembly(int length)
    {
        byte[] file = new byte[length];
        "MZ"u8.CopyTo(file);
        file[0x3C] = 0x80;
        "PE\0\0"u8.CopyTo(file.AsSpan(0x80));
        (file[0x86], file[0x94]) = (1, 0xF0);
        Write(0x98, 0x20B);
        // The section: its address, its length in the file, its place there; in it, the runtime's header with the place of the metadata.
        (int address, int raw) = (0x2000, 0x200);
        Write(0x80 + 24 + 0xF0 + 12, address);
        Write(0x80 + 24 + 0xF0 + 16, 0x1A00);
        Write(0x80 + 24 + 0xF0 + 20, raw);
        Write(0x98 + 112 + (14 * 8), address);
        Write(raw + 8, address);
        return file;

        void Write(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);
    }
}
