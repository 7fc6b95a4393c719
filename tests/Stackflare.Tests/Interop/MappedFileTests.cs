using Stackflare.Interop;
using Stackflare.Symbols;
using Stackflare.Symbols.Modules;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Interop;

/// <summary>The tool maps modules and PDBs. A program that is dumped reads them: a mapping of a truncated file would end it.</summary>
public sealed class MappedFileTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AModuleIsMappedOnlyIfThatIsAllowed(bool isMapped)
    {
        string path = _folder.Copy(Resolving.ShapesPath);
        using (ModuleImage image = ModuleImage.FromFile(path, Resolving.ShapesMvid, isMapped)!)
        {
            Assert.Equal(Resolving.ShapesMvid, image.Mvid);
            Assert.Equal(isMapped, IsMapped(path));
        }
        Assert.False(IsMapped(path));
    }

    [Fact]
    public void FramesAreTheSameFromMappedFiles()
    {
        DumpFrame read = new Symbolicator(new SymbolOptions()).Resolve(Resolving.ShapesPath, Resolving.ShapesMvid);
        DumpFrame mapped = new Symbolicator(new SymbolOptions { MapsFiles = true }).Resolve(Resolving.ShapesPath, Resolving.ShapesMvid);
        Assert.NotNull(read.Source);
        Assert.Equal(read.Source, mapped.Source);
        Assert.Equal(read.Method, mapped.Method);
    }

    [Fact]
    public void WhatIsNotTheModuleIsNotLeftMapped()
    {
        string other = _folder.Copy(Resolving.ShapesPath), text = _folder.PathOf("text.dll");
        File.WriteAllText(text, "no module");
        Assert.Null(ModuleImage.FromFile(other, Guid.NewGuid(), isMapped: true));
        Assert.Null(ModuleImage.FromFile(text, Resolving.ShapesMvid, isMapped: true));
        Assert.False(IsMapped(other) || IsMapped(text));
    }

    [Fact]
    public void APdbOfAnotherBuildIsNotLeftMapped()
    {
        string module = _folder.Copy(Resolving.ShapesPath);
        string pdb = _folder.Copy(Path.Combine(AppContext.BaseDirectory, "Stackflare.Fixtures.TopLevel.pdb"), "Stackflare.Fixtures.Shapes.pdb");
        DumpFrame frame = new Symbolicator(new SymbolOptions { MapsFiles = true }).Resolve(module, Resolving.ShapesMvid);
        Assert.Equal(SymbolStatus.PdbMismatch, frame.Symbols);
        Assert.False(IsMapped(module) || IsMapped(pdb));
    }

    [Fact]
    public void AMappingHasTheBytesOfTheFileUntilItIsDisposed()
    {
        string path = _folder.PathOf("bytes");
        File.WriteAllBytes(path, [1, 2, 3]);
        using var handle = File.OpenHandle(path);
        var mapped = MappedFile.Map(handle, 3)!;
        Assert.Equal([1, 2, 3], mapped.Memory.ToArray());
        ((IDisposable)mapped).Dispose();
        Assert.Throws<ObjectDisposedException>(() => mapped.GetSpan().Length);
        Assert.Null(MappedFile.Map(handle, 0));
    }

    private static bool IsMapped(string path) => File.ReadLines("/proc/self/maps").Any(line => line.EndsWith(path, StringComparison.Ordinal));
}
