using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Stackflare.Runtime;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Runtime;

/// <summary>The modules of a process, and their limits.</summary>
public sealed class ModuleReaderTests
{
    private const ulong Module = 0x10_0000, Assembly = 0x11_0000, Image = 0x12_0000, Loaded = 0x13_0000, Stream = 0x14_0000, Start = 0x20_0000;
    private readonly FakeMemory _memory = new() { HasPages = true };
    private readonly SnapshotBuilder _snapshot = new() { Host = CodeSnapshot.Host };

    /// <summary>Names come from the image, lines from the symbols.</summary>
    [Fact]
    public void AnAssemblyFromBytesKeepsItsImageIfItsSymbolsAreMissing()
    {
        ModuleLayout layout = FakeRuntime.Layout.Modules!;
        SymbolLayout symbols = FakeRuntime.Layout.InMemorySymbols!;
        byte[] image = Library();
        _memory.Write(Module + layout.Flags, 0u).Pointers(Module + layout.Assembly, Assembly).Pointers(Assembly + layout.Image, Image).Pointers(Image + layout.Flat, Loaded)
            .Pointers(Loaded + layout.Base, Start).Write(Loaded + layout.Size, image.Length).Write(Loaded + layout.LayoutFlags, 0u).Write(Start, image)
            .Pointers(Module + symbols.Stream, Stream).Pointers(Stream + symbols.Buffer, 0x7777_0000).Write(Stream + symbols.Size, 1000);
        Assert.Equal(0, Reader().IndexOf(Module));
        SnapshotModule module = Assert.Single(_snapshot.Build().Modules.ToArray());
        Assert.Equal(image, module.Image.ToArray());
        Assert.True(module.Symbols.IsEmpty);
    }

    [Fact]
    public void ALimitOnModulesIsSaid()
    {
        ModuleReader reader = Reader();
        const int most = 1 << 14;
        for (ulong i = 1; i <= most; i++)
            Assert.NotNull(reader.IndexOf(i << 20));
        Assert.False(reader.IsFull);
        Assert.Null(reader.IndexOf(1));
        Assert.NotNull(reader.IndexOf(1 << 20));
        Assert.True(reader.IsFull);
    }

    private ModuleReader Reader()
    {
        ProcessMemory memory = _memory.Memory;
        return new ModuleReader(memory, FakeRuntime.Layout, new ModuleImages(memory, FakeRuntime.Layout), _snapshot, 1 << 20);
    }

    private static byte[] Library()
    {
        var builder = new MetadataBuilder();
        builder.AddModule(0, builder.GetOrAddString("Plugin.dll"), builder.GetOrAddGuid(Guid.NewGuid()), default, default);
        builder.AddTypeDefinition(default, default, builder.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        var bytes = new BlobBuilder();
        new ManagedPEBuilder(PEHeaderBuilder.CreateLibraryHeader(), new MetadataRootBuilder(builder), new BlobBuilder()).Serialize(bytes);
        return bytes.ToArray();
    }
}
