using Stackflare.Capture.External;
using Stackflare.Runtime;

namespace Stackflare.Tests.Capture.External;

public sealed class MemoryMapTests
{
    private const string Lines = """
        400000-401000 r--p 00000000 fe:00 11 /app/My App
        401000-403000 r-xp 00001000 fe:00 11 /app/My App
        7f0000000000-7f0000001000 rwxs 00000000 00:01 12 /memfd:doublemapper (deleted)
        7f0000002000-7f0000003000 rw-p 00000000 00:00 0
        7f0000010000-7f0000011000 r--p 00000000 fe:00 13 /lib/libcoreclr.so (deleted)
        7f0000011000-7f0000012000 r-xp 00001000 fe:00 13 /lib/libcoreclr.so (deleted)
        nonsense
        7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0 [stack]
        """;

    private readonly MemoryMap _map = MemoryMap.Parse(Lines.Split('\n'));

    [Theory]
    [InlineData(0x3fffff, null)]
    [InlineData(0x400000, 0x401000L)]
    [InlineData(0x402fff, 0x403000L)]
    [InlineData(0x403000, null)]
    [InlineData(0x7ffd00020000, 0x7ffd00021000)]
    [InlineData(long.MaxValue, null)]
    public void AnAddressIsInOneMappingOrNone(long address, long? end) => Assert.Equal((ulong?)end, _map.At((ulong)address)?.End);

    /// <summary>Files that were replaced keep their names; code that the runtime makes is in no file.</summary>
    [Fact]
    public void ImagesAreFiles()
    {
        MappedImages images = _map.Images("/proc/1/root");
        Assert.Equal([("/app/My App", 0x400000ul, 0x403000ul), ("/lib/libcoreclr.so", 0x7f0000010000, 0x7f0000012000)], images.All.Select(static i => (i.Path, i.Start, i.End)));
        Assert.Equal("/proc/1/root", images.Root);
    }
}
