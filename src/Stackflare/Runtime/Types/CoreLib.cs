using System.Reflection.Metadata;

namespace Stackflare.Runtime.Types;

/// <summary>The library of the runtime's own types.</summary>
internal static class CoreLib
{
    private const int MaxVersion = 512;

    /// <summary>Its module, by the type of strings; 0 if it is not known.</summary>
    public static ulong Find(ProcessMemory memory, RuntimeLayout layout) =>
        layout is { Strings: { } strings, Types: { } types } && memory.TryRead(strings.Type, out ulong type) && type != 0
        && memory.TryRead(type + types.Module, out ulong module)
            ? module
            : 0;

    /// <summary>The version that its metadata has, as for people; null if it is not there.</summary>
    public static string? Version(ReadOnlySpan<byte> metadata) => ModuleMetadata.Ask(metadata, static reader =>
    {
        foreach (CustomAttributeHandle handle in reader.GetAssemblyDefinition().GetCustomAttributes())
        {
            CustomAttribute attribute = reader.GetCustomAttribute(handle);
            if (TypeOf(reader, attribute) is not { } type || !reader.StringComparer.Equals(type, "AssemblyInformationalVersionAttribute"))
                continue;
            BlobReader value = reader.GetBlobReader(attribute.Value);
            if (value.Length > MaxVersion)
                return null;
            value.ReadUInt16();
            return value.ReadSerializedString();
        }
        return null;
    });

    private static StringHandle? TypeOf(MetadataReader reader, CustomAttribute attribute) => attribute.Constructor.Kind switch
    {
        HandleKind.MethodDefinition => reader.GetTypeDefinition(reader.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType()).Name,
        _ => null,
    };
}
