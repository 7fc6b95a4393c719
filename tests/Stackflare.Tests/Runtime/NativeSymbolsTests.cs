using System.Runtime.InteropServices;
using Stackflare.Runtime;
using Stackflare.Runtime.Stacks;
using Stackflare.Tests.Outputs;

namespace Stackflare.Tests.Runtime;

/// <summary>Names of native code in the process of the tests.</summary>
public sealed class NativeSymbolsTests : IDisposable
{
    private readonly OwnProcess _own = new();
    private readonly NativeSymbols _symbols;

    public NativeSymbolsTests() => _symbols = new NativeSymbols(new ProcessMemory(_own), _own.Images);

    public void Dispose() => _own.Dispose();

    [Theory]
    [InlineData("getppid")]
    [InlineData("qsort")]
    public void AFunctionOfALibraryHasItsName(string name)
    {
        ulong at = Export("libc.so.6", name);
        Assert.Equal($"libc.so.6!{name}+0x0", _symbols.NameOf(at, isExact: true));
        Assert.Equal($"libc.so.6!{name}+0x5", _symbols.NameOf(at + 5, isExact: false));
    }

    /// <summary>A call that does not return can be the last instruction of a function.</summary>
    [Fact]
    public void AReturnAddressBelongsToItsCall()
    {
        ulong at = Export("libc.so.6", "getppid");
        Assert.DoesNotContain("!getppid+", _symbols.NameOf(at, isExact: false), StringComparison.Ordinal);
    }

    /// <summary>The runtime's library has only the names that it exports.</summary>
    [Fact]
    public void CodeWithoutNameHasItsFileAndPlace()
    {
        MappedImage runtime = _own.Runtime;
        string? name = _symbols.NameOf(runtime.Start + 0x1000, isExact: true);
        Assert.Equal("libcoreclr.so+0x1000", name);
    }

    [Fact]
    public void CodeWithoutFileHasNone() => Assert.Null(_symbols.NameOf(0x1000, isExact: true));

    /// <summary>In the process's root there is another file, or none.</summary>
    [Fact]
    public void AFileOfAnotherBuildIsNotUsed()
    {
        using var folder = new TemporaryDirectory();
        ulong at = Export("libc.so.6", "getppid");
        MappedImage image = _own.Images.At(at)!;
        string copy = folder.Path + image.Path;
        Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
        File.Copy(_own.Runtime.Path, copy);
        var symbols = new NativeSymbols(new ProcessMemory(_own), new MappedImages(_own.Images.All, folder.Path));
        Assert.Equal(FormattableString.Invariant($"libc.so.6+0x{at - image.Start:x}"), symbols.NameOf(at, isExact: true));
    }

    private static ulong Export(string library, string name) => (ulong)NativeLibrary.GetExport(NativeLibrary.Load(library), name);
}
