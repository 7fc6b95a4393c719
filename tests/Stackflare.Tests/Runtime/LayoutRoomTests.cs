using System.Text.RegularExpressions;

namespace Stackflare.Tests.Runtime;

/// <summary>Offsets in the runtime's own data stand in the table of its layout only. Files that read public formats (ELF, DWARF, PE, the unwind codes of x64) have theirs.</summary>
public sealed partial class LayoutRoomTests
{
    private static readonly string[] PublicFormats =
        ["ElfHeaders.cs", "ElfImage.cs", "ContractDescriptor.cs", "DwarfReader.cs", "DwarfExpression.cs", "FrameRules.cs", "NativeFrames.cs", "UnwindCodes.cs", "PortableImage.cs"];

    private static readonly string[] Table = ["RuntimeLayout.cs", "CodeLayouts.cs", "TypeLayouts.cs", "LayoutReader.cs"];

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Root, "*.cs", SearchOption.AllDirectories).Select(static f => Path.GetRelativePath(Root, f)).Where(static f => !PublicFormats.Concat(Table).Contains(Path.GetFileName(f)))];

    private static string Root => Path.Combine(Golden.RepositoryRoot, "src", "Stackflare", "Runtime");

    [Theory, MemberData(nameof(Files))]
    public void HasNoOffset(string file) => Assert.DoesNotMatch(OffsetOfRead(), File.ReadAllText(Path.Combine(Root, file)));

    /// <summary>A check of the check.</summary>
    [Theory]
    [InlineData("memory.Read<uint>(header + 12)", true)]
    [InlineData("memory.Pointer(at + 0x10)", true)]
    [InlineData("_memory.TryRead(thread + 8, out ulong id)", true)]
    [InlineData("memory.Read<uint>(header + layout.Count)", false)]
    [InlineData("memory.Pointer(list + (i * sizeof(ulong)))", false)]
    public void AnOffsetIsSeen(string source, bool isSeen) => Assert.Equal(isSeen, OffsetOfRead().IsMatch(source));

    [Fact]
    public void ExceptionsAreFilesThatExist() => Assert.All(PublicFormats.Concat(Table), static name => Assert.Single(Directory.GetFiles(Root, name, SearchOption.AllDirectories)));

    [GeneratedRegex(@"emory\.(Read<\w+>|Pointer|TryRead|Bytes|Utf\w+)\([^;\n]*?\+ (0x[0-9a-fA-F]+|[2-9]|\d{2,})\b")]
    private static partial Regex OffsetOfRead();
}
