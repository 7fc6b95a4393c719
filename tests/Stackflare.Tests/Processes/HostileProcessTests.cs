using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.Versioning;
using Stackflare.Interop;
using Stackflare.Processes;
using Stackflare.Tests.Outputs;

namespace Stackflare.Tests.Processes;

/// <summary>What a process can say of itself to keep whoever looks at it busy, or to lead it astray.</summary>
[SupportedOSPlatform("linux")]
public sealed class HostileProcessTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Opening it would wait for a writer for ever.</summary>
    [Fact]
    public void AFifoInThePlaceOfAFileIsNotOpened()
    {
        string fifo = _folder["libcoreclr.so"];
        using (var make = Process.Start("mkfifo", [fifo]))
            make.WaitForExit();
        Assert.True(File.Exists(fifo));
        Assert.Null(SafeOpen.Regular(fifo));
        Assert.Null(ElfHeader.Processor(fifo));
        Assert.Equal(RuntimeKind.None, ExecutableSymbols.RuntimeIn(fifo));
    }

    [Fact]
    public void DevicesAndDirectoriesAreNotOpenedEither()
    {
        Assert.Null(SafeOpen.Regular("/dev/null"));
        Assert.Null(SafeOpen.Regular("/tmp"));
        Assert.Null(SafeOpen.Regular("/nowhere"));
        File.CreateSymbolicLink(_folder["link"], "/dev/zero");
        Assert.Null(SafeOpen.Regular(_folder["link"]));
        File.WriteAllText(_folder["file"], "here");
        using var handle = SafeOpen.Regular(_folder["file"]);
        Assert.NotNull(handle);
        Assert.Equal(4, RandomAccess.GetLength(handle));
    }

    /// <summary>Thousands of sections that are all one table of 64 MB: read once, and nearly no memory for it.</summary>
    [Fact]
    public void AnExecutableWithEndlessNamesIsReadToALimit()
    {
        const int sections = 4096;
        const long names = 64 << 20;
        string path = _folder["endless"];
        var head = new byte[64 + (sections * 64)];
        "\u007fELF\u0002"u8.CopyTo(head);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(40), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(60), sections);
        for (int i = 0; i < sections; i++)
        {
            Span<byte> section = head.AsSpan(64 + (i * 64));
            BinaryPrimitives.WriteInt32LittleEndian(section[4..], 3);
            BinaryPrimitives.WriteInt64LittleEndian(section[24..], head.Length);
            BinaryPrimitives.WriteInt64LittleEndian(section[32..], names);
        }
        using (FileStream file = File.Create(path))
        {
            file.Write(head);
            file.SetLength(head.Length + names);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        var effort = Effort.Begin();
        Assert.Equal(RuntimeKind.None, ExecutableSymbols.RuntimeIn(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        // Not a measure of speed: without the limit it is 256 GB.
        Assert.InRange(effort.Used, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("DotNetRuntimeInfo", RuntimeKind.CoreClr)]
    [InlineData("DotNetRuntimeDebugHeader", RuntimeKind.NativeAot)]
    [InlineData("__managedcode", RuntimeKind.NativeAot)]
    [InlineData("DotNetRuntimeInformation", RuntimeKind.None)]
    public void ANameIsFoundAcrossTheBordersOfPieces(string name, object kind)
    {
        const int piece = 64 << 10;
        for (int offset = piece - name.Length - 2; offset <= piece + 1; offset++)
        {
            var names = new byte[2 * piece];
            System.Text.Encoding.ASCII.GetBytes(name).CopyTo(names, offset);
            var head = new byte[128];
            "\u007fELF\u0002"u8.CopyTo(head);
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(40), 64);
            BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(60), 1);
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(64 + 4), 3);
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(64 + 24), head.Length);
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(64 + 32), names.Length);
            File.WriteAllBytes(_folder["elf"], [.. head, .. names]);
            Assert.Equal((RuntimeKind)kind, ExecutableSymbols.RuntimeIn(_folder["elf"]));
        }
    }
}
