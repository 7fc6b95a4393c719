using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Stackflare.Symbols.Modules;

namespace Stackflare.Tests.Symbols.Modules;

/// <summary>The lengths of methods' bodies, of those of real assemblies against what the framework's reader takes, and of some that are damaged.</summary>
public sealed class MethodBodyLengthTests
{
    [Theory]
    [InlineData(typeof(object))]
    [InlineData(typeof(MetadataReader))]
    [InlineData(typeof(MethodBodyLengthTests))]
    public void IsThatOfTheFrameworksReader(Type of)
    {
        using var image = new PEReader(File.OpenRead(of.Assembly.Location));
        MetadataReader metadata = image.GetMetadataReader();
        int tiny = 0, plain = 0, withSection = 0;
        foreach (int address in metadata.MethodDefinitions.Select(m => metadata.GetMethodDefinition(m).RelativeVirtualAddress).Where(a => a != 0))
        {
            // Not the section's content as a whole: the reader would copy it for each method.
            BlobReader section = image.GetSectionData(address).GetReader();
            byte[] header = section.ReadBytes(Math.Min(section.Length, MethodBodyLength.HeaderBytes));
            int length = MethodBodyLength.OfCode(header, out bool hasSection);
            if (hasSection)
            {
                section.Offset = MethodBodyLength.Aligned(length);
                length = MethodBodyLength.WithSection(length, section.ReadBytes(MethodBodyLength.SectionHeaderBytes));
            }
            Assert.Equal(image.GetMethodBody(address).Size, length);
            _ = hasSection ? withSection++ : (header[0] & 3) == 2 ? tiny++ : plain++;
        }
        Assert.True(tiny > 10 && plain > 10 && withSection > 10);
    }

    [Theory]
    [InlineData("03 30 01 00 FF FF FF FF 00 00 00 00")]
    [InlineData("03 30 01 00 00 00 04 00 00 00 00 00")]
    [InlineData("03 30 01 00 01 00 00")]
    public void ALengthThatCannotBeIsRefused(string header) =>
        Assert.Throws<BadImageFormatException>(() => MethodBodyLength.OfCode(Convert.FromHexString(header.Replace(" ", "", StringComparison.Ordinal)), out _));

    [Theory]
    [InlineData("01 00 00 00")]
    [InlineData("41 FF FF FF")]
    [InlineData("41 03 00 00")]
    [InlineData("01 10")]
    public void ASectionThatCannotBeIsRefused(string header) =>
        Assert.Throws<BadImageFormatException>(() => MethodBodyLength.WithSection(100, Convert.FromHexString(header.Replace(" ", "", StringComparison.Ordinal))));
}
