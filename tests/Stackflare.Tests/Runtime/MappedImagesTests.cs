using Stackflare.Runtime;

namespace Stackflare.Tests.Runtime;

/// <summary>Which file an address belongs to. The runtime maps memory of its own between the mappings of its library.</summary>
public sealed class MappedImagesTests
{
    private static readonly MappedImages Images = MappedImages.Of(
    [
        (0x1000, 0x2000, 0, "/lib/a.so"),
        (0x2000, 0x3000, 0x1000, "/lib/a.so"),
        (0x3000, 0x4000, 0x8000, "/memfd:doublemapper"),
        (0x5000, 0x6000, 0, "/memfd:doublemapper"),
        (0x6000, 0x7000, 0x2000, "/lib/a.so"),
        (0x7000, 0x8000, 0x9000, "/lib/never from its start"),
        (0x9000, 0xA000, 0, "/lib/a.so"),
        (0xA000, 0xB000, 0x1000, "/lib/a.so"),
    ]);

    [Theory]
    [InlineData(0x1000, 0x1000)]
    [InlineData(0x2FFF, 0x1000)]
    [InlineData(0x3000, 0)]
    [InlineData(0x4000, 0)]
    [InlineData(0x5000, 0x5000)]
    [InlineData(0x6000, 0x1000)]
    [InlineData(0x7000, 0)]
    [InlineData(0x8000, 0)]
    [InlineData(0xA000, 0x9000)]
    [InlineData(0xB000, 0)]
    [InlineData(0, 0)]
    public void OnlyAMappingAnswers(ulong address, ulong start) => Assert.Equal(start, Images.At(address)?.Start ?? 0);

    [Fact]
    public void AnImageEndsWithItsLastMapping() => Assert.Equal([(0x1000ul, 0x7000ul), (0x5000ul, 0x6000ul), (0x9000ul, 0xB000ul)], Images.All.Select(static i => (i.Start, i.End)));
}
