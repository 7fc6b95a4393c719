using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Runtime.Types;

namespace Stackflare.Tests.Runtime;

/// <summary>The version of the runtime, as CoreLib's metadata has it.</summary>
public sealed class CoreLibTests
{
    [Fact]
    public void TheVersionIsThatOfTheAttribute() => Assert.Equal("10.0.1+abc", CoreLib.Version(Metadata("10.0.1+abc")));

    [Fact]
    public void ALongTextIsNoVersion() => Assert.Null(CoreLib.Version(Metadata(new string('1', 100_000))));

    private static byte[] Metadata(string version)
    {
        var builder = new MetadataBuilder();
        builder.AddModule(0, builder.GetOrAddString("CoreLib"), builder.GetOrAddGuid(Guid.Empty), default, default);
        builder.AddAssembly(builder.GetOrAddString("CoreLib"), new Version(10, 0, 0, 0), default, default, 0, default);
        foreach (string name in (string[])["<Module>", "AssemblyInformationalVersionAttribute"])
            builder.AddTypeDefinition(default, default, builder.GetOrAddString(name), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        var signature = new BlobBuilder();
        new BlobEncoder(signature).MethodSignature(isInstanceMethod: true).Parameters(1, static r => r.Void(), static p => p.AddParameter().Type().String());
        MethodDefinitionHandle constructor = builder.AddMethodDefinition(default, default, builder.GetOrAddString(".ctor"), builder.GetOrAddBlob(signature), -1, MetadataTokens.ParameterHandle(1));
        var value = new BlobBuilder();
        value.WriteUInt16(1);
        value.WriteSerializedString(version);
        value.WriteUInt16(0);
        builder.AddCustomAttribute(EntityHandle.AssemblyDefinition, constructor, builder.GetOrAddBlob(value));
        var bytes = new BlobBuilder();
        new MetadataRootBuilder(builder, suppressValidation: true).Serialize(bytes, 0, 0);
        return bytes.ToArray();
    }
}
