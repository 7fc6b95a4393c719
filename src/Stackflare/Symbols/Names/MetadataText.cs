using System.Reflection;
using System.Reflection.Metadata;
using System.Text;

namespace Stackflare.Symbols.Names;

/// <summary>Names from metadata, with limits: in a hostile file, one string can be as long as the file, and types can enclose each other.</summary>
internal static class MetadataText
{
    public static string Text(this MetadataReader reader, StringHandle handle) =>
        handle.IsNil ? ""
        : reader.GetBlobReader(handle).Length > SymbolLimits.NameBytes ? throw new BadImageFormatException()
        : reader.GetString(handle);

    /// <summary>
    /// The name of a definition's or reference's type without its namespace, as in <see cref="MemberInfo.Name"/>; "?" for other tokens.
    /// </summary>
    public static string SimpleTypeName(this MetadataReader reader, EntityHandle handle) => handle.Kind switch
    {
        HandleKind.TypeDefinition => CompilerNames.TypeName(reader.Text(reader.GetTypeDefinition((TypeDefinitionHandle)handle).Name)),
        HandleKind.TypeReference => CompilerNames.TypeName(reader.Text(reader.GetTypeReference((TypeReferenceHandle)handle).Name)),
        _ => "?",
    };

    /// <summary>Namespace and name, nested types joined by a dot, generic arity kept. For a state machine, the name of its method.</summary>
    public static string FullTypeName(this MetadataReader reader, TypeDefinitionHandle handle)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        bool isMachine = CompilerNames.TryStateMachine(reader.Text(type.Name), out _);
        string name = CompilerNames.TypeName(reader.Text(type.Name));
        for (int depth = 0; type.GetDeclaringType() is { IsNil: false } outer; depth++)
        {
            if (depth == SymbolLimits.NestedTypes)
                throw new BadImageFormatException();
            type = reader.GetTypeDefinition(outer);
            string outerName = reader.Text(type.Name);
            // The state machine of a lambda is in the type of its closure.
            if (!isMachine || !CompilerNames.IsClosure(outerName))
                name = CompilerNames.TypeName(outerName) + "." + name;
        }
        string space = reader.Text(type.Namespace);
        return space.Length == 0 ? name : space + "." + name;
    }

    /// <summary>The names of generic parameters, in order.</summary>
    public static string[] Names(this MetadataReader reader, GenericParameterHandleCollection parameters)
    {
        if (parameters.Count == 0)
            return [];
        string[] names = new string[Math.Min(parameters.Count, SymbolLimits.SignatureParameters)];
        for (int i = 0; i < names.Length; i++)
            names[i] = reader.Text(reader.GetGenericParameter(parameters[i]).Name);
        return names;
    }

    /// <summary>A string in a custom attribute's blob: a compressed length, then UTF-8; null if there is none.</summary>
    public static string? AttributeText(this ref BlobReader blob)
    {
        if (blob.TryReadCompressedInteger(out int length))
            return length <= SymbolLimits.NameBytes ? blob.ReadUTF8(length) : throw new BadImageFormatException();
        return null;
    }

    /// <summary>
    /// A document's path: a separator, then handles of the parts. Parsed here because a small blob can repeat a long part many times.
    /// </summary>
    public static string DocumentPath(this MetadataReader pdb, DocumentNameBlobHandle handle)
    {
        BlobReader name = pdb.GetBlobReader(handle);
        char separator = (char)name.ReadByte();
        var path = new StringBuilder();
        for (bool first = true; name.RemainingBytes > 0; first = false)
        {
            if (separator != 0 && !first)
                path.Append(separator);
            BlobHandle part = name.ReadBlobHandle();
            if (!part.IsNil)
            {
                BlobReader text = pdb.GetBlobReader(part);
                if (text.Length > SymbolLimits.PathBytes - path.Length)
                    throw new BadImageFormatException();
                path.Append(text.ReadUTF8(text.Length));
            }
        }
        return path.ToString();
    }
}
