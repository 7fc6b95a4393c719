using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Runtime;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Runtime;

/// <summary>Names of methods in modules that Reflection.Emit has made, from the metadata in memory.</summary>
public sealed class MethodReaderTests
{
    private const ulong Chunks = 0x10_0000, Type = 0x20_0000, Module = 0x30_0000, Dynamic = 0x40_0000;
    private readonly FakeMemory _memory = new() { HasPages = true };

    [Fact]
    public void AMethodHasItsNames()
    {
        SnapshotMethod method = Assert.Single(Read(1, "Outer", "Inner", isCircle: false));
        Assert.Equal(("M", "Space.Outer+Inner"), (method.Name, method.TypeName));
    }

    /// <summary>A name can be as long as the metadata, and a type can be nested in itself.</summary>
    [Fact]
    public void LongNamesCostLittle()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        SnapshotMethod[] methods = Read(50, "Outer", new string('x', 100_000), isCircle: true);
        // Most of it is the memory that the test makes up.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
        Assert.Equal(50, methods.Length);
        Assert.All(methods, static m => Assert.Null(m.TypeName));
        Assert.Equal("M", methods[0].Name);
    }

    private SnapshotMethod[] Read(int count, string outer, string inner, bool isCircle)
    {
        RuntimeLayout layout = FakeRuntime.Layout;
        byte[] metadata = Metadata(outer, inner, isCircle);
        _memory.Write(Module + layout.Modules!.Flags, ModuleLayout.IsDynamic).Pointers(Module + layout.DynamicModules!.Metadata, Dynamic)
            .Write(Dynamic + layout.DynamicModules.Size, metadata.Length).Write(Dynamic + layout.DynamicModules.Data, metadata)
            .Pointers(Type + layout.Methods!.TypeModule, Module);
        ulong[] addresses = [.. Enumerable.Range(0, count).Select(i => Chunks + ((ulong)i * 0x100) + layout.Methods.ChunkBytes)];
        foreach (ulong method in addresses)
        {
            _memory.Pointers(method - layout.Methods.ChunkBytes + layout.Methods.ChunkType, Type)
                .Write(method + layout.Methods.Token, (ushort)1).Write(method + layout.Methods.Flags, (ushort)0).Write(method + layout.Methods.Index, (byte)0);
        }
        ProcessMemory memory = _memory.Memory;
        var snapshot = new SnapshotBuilder { Host = CodeSnapshot.Host };
        var images = new ModuleImages(memory, layout);
        var modules = new ModuleReader(memory, layout, images, snapshot, 0);
        var reader = new MethodReader(memory, layout, images, modules, new TypeReader(memory, layout, modules, snapshot), snapshot) { CoreLib = 0 };
        Assert.All(addresses, m => Assert.NotNull(reader.IndexOf(m)));
        return [.. snapshot.Build().Methods];
    }

    private static byte[] Metadata(string outer, string inner, bool isCircle)
    {
        var builder = new MetadataBuilder();
        builder.AddModule(0, builder.GetOrAddString("Emitted"), builder.GetOrAddGuid(Guid.Empty), default, default);
        var signature = new BlobBuilder();
        new BlobEncoder(signature).MethodSignature().Parameters(0, static r => r.Void(), static _ => { });
        (TypeAttributes Visibility, string Space, string Name)[] types = [(default, "", "<Module>"), (TypeAttributes.Public, "Space", outer), (TypeAttributes.NestedPublic, "", inner)];
        foreach ((TypeAttributes visibility, string space, string name) in types)
            builder.AddTypeDefinition(visibility, builder.GetOrAddString(space), builder.GetOrAddString(name), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        builder.AddNestedType(MetadataTokens.TypeDefinitionHandle(3), MetadataTokens.TypeDefinitionHandle(isCircle ? 3 : 2));
        builder.AddMethodDefinition(MethodAttributes.Public, default, builder.GetOrAddString("M"), builder.GetOrAddBlob(signature), -1, MetadataTokens.ParameterHandle(1));
        var bytes = new BlobBuilder();
        new MetadataRootBuilder(builder, suppressValidation: true).Serialize(bytes, 0, 0);
        return bytes.ToArray();
    }
}
