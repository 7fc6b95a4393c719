using System.Reflection.Metadata;

namespace Stackflare.Symbols.Names;

/// <summary>Finds custom attributes by name, without loading anything.</summary>
internal static class AttributeLookup
{
    private const string CompilerServices = "System.Runtime.CompilerServices";

    /// <summary>[StackTraceHidden], wherever it is defined: libraries for older frameworks define their own.</summary>
    public static bool IsStackTraceHidden(this MetadataReader reader, CustomAttributeHandleCollection attributes) =>
        reader.Find(attributes, "System.Diagnostics", "StackTraceHiddenAttribute") is not null;

    /// <summary>The name of the state machine type of a method; null if the method has none.</summary>
    public static string? StateMachineType(this MetadataReader reader, CustomAttributeHandleCollection attributes)
    {
        int count = 0;
        foreach (CustomAttributeHandle handle in attributes)
        {
            if (++count > SymbolLimits.CustomAttributes)
                break;
            CustomAttribute attribute = reader.GetCustomAttribute(handle);
            if (!reader.IsOf(attribute, CompilerServices, "AsyncStateMachineAttribute")
                && !reader.IsOf(attribute, CompilerServices, "IteratorStateMachineAttribute")
                && !reader.IsOf(attribute, CompilerServices, "AsyncIteratorStateMachineAttribute"))
            {
                continue;
            }
            BlobReader value = reader.GetBlobReader(attribute.Value);
            return value.ReadUInt16() == 1 ? LastNestedName(value.AttributeText()) : null;
        }
        return null;
    }

    /// <summary>The name of the default property, which C# calls an indexer; null if there is none.</summary>
    public static string? DefaultMember(this MetadataReader reader, in TypeDefinition type)
    {
        if (reader.Find(type.GetCustomAttributes(), "System.Reflection", "DefaultMemberAttribute") is not { } attribute)
            return null;
        BlobReader value = reader.GetBlobReader(attribute.Value);
        return value.ReadUInt16() == 1 ? value.AttributeText() : null;
    }

    /// <summary>The flags of the assembly's <c>[Debuggable]</c>; 0 if it has none.</summary>
    public static int DebuggingModes(this MetadataReader reader)
    {
        const int withFlags = 8;
        if (reader.Find(reader.GetAssemblyDefinition().GetCustomAttributes(), "System.Diagnostics", "DebuggableAttribute") is not { } attribute)
            return 0;
        BlobReader value = reader.GetBlobReader(attribute.Value);
        return value.Length == withFlags && value.ReadUInt16() == 1 ? value.ReadInt32() : 0;
    }

    private static CustomAttribute? Find(this MetadataReader reader, CustomAttributeHandleCollection attributes, string space, string name)
    {
        int count = 0;
        foreach (CustomAttributeHandle handle in attributes)
        {
            if (++count > SymbolLimits.CustomAttributes)
                break;
            CustomAttribute attribute = reader.GetCustomAttribute(handle);
            if (reader.IsOf(attribute, space, name))
                return attribute;
        }
        return null;
    }

    private static bool IsOf(this MetadataReader reader, in CustomAttribute attribute, string space, string name)
    {
        EntityHandle type = attribute.Constructor.Kind switch
        {
            HandleKind.MemberReference => reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent,
            HandleKind.MethodDefinition => reader.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType(),
            _ => default,
        };
        switch (type.Kind)
        {
            case HandleKind.TypeReference:
                TypeReference reference = reader.GetTypeReference((TypeReferenceHandle)type);
                return reader.StringComparer.Equals(reference.Name, name) && reader.StringComparer.Equals(reference.Namespace, space);
            case HandleKind.TypeDefinition when !type.IsNil:
                TypeDefinition definition = reader.GetTypeDefinition((TypeDefinitionHandle)type);
                return reader.StringComparer.Equals(definition.Name, name) && reader.StringComparer.Equals(definition.Namespace, space);
            default:
                return false;
        }
    }

    /// <summary>
    /// The last part of a type name in an attribute: <c>Space.Outer+&lt;Run&gt;d__0`1, Assembly</c>. A backslash
    /// escapes special characters in a name.
    /// </summary>
    private static string? LastNestedName(string? typeName)
    {
        if (typeName is null)
            return null;
        var name = new System.Text.StringBuilder();
        for (int i = 0; i < typeName.Length; i++)
        {
            if (typeName[i] == '\\' && i + 1 < typeName.Length)
                name.Append(typeName[++i]);
            else if (typeName[i] == '+')
                name.Clear();
            else if (typeName[i] == ',')
                break;
            else
                name.Append(typeName[i]);
        }
        return name.ToString();
    }
}
