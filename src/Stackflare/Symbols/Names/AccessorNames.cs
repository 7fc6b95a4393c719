using System.Reflection;
using System.Reflection.Metadata;

namespace Stackflare.Symbols.Names;

/// <summary>Names property accessors, event accessors and operators as in source code.</summary>
internal sealed class AccessorNames(MetadataReader reader)
{
    /// <summary>For example <c>Count.get</c>, <c>this.set</c>, <c>Changed.add</c>, <c>operator +</c>; null for other methods.</summary>
    public string? Spell(MethodDefinitionHandle handle, in MethodDefinition method, string name, bool isInitOnly)
    {
        if ((method.Attributes & MethodAttributes.SpecialName) == 0)
            return null;
        if (name.StartsWith("op_", StringComparison.Ordinal))
            return OperatorNames.Spell(name);
        // Explicit implementations, whose names contain a dot, keep their names, and so do methods that only look like accessors.
        if (name.StartsWith("get_", StringComparison.Ordinal) || name.StartsWith("set_", StringComparison.Ordinal))
            return Property(handle, method.GetDeclaringType(), isInitOnly);
        return name.StartsWith("add_", StringComparison.Ordinal) || name.StartsWith("remove_", StringComparison.Ordinal)
            || name.StartsWith("raise_", StringComparison.Ordinal)
            ? Event(handle, method.GetDeclaringType())
            : null;
    }

    /// <summary>The same for a method that is known only by name; null if the type has no such accessor or operator.</summary>
    public string? SpellByName(TypeDefinitionHandle type, string name)
    {
        if (!name.Contains('_'))
            return null;
        int count = 0;
        foreach (MethodDefinitionHandle handle in reader.GetTypeDefinition(type).GetMethods())
        {
            if (++count > SymbolLimits.TypeMembers)
                break;
            MethodDefinition method = reader.GetMethodDefinition(handle);
            if (!reader.StringComparer.Equals(method.Name, name))
                continue;
            // Overloads of an indexer or operator share their name.
            _ = new SignatureText(reader, reader.Names(reader.GetTypeDefinition(type).GetGenericParameters()), [])
                .Parameters(reader.GetBlobReader(method.Signature), out bool initOnly);
            return Spell(handle, method, name, initOnly);
        }
        return null;
    }

    private string? Property(MethodDefinitionHandle accessor, TypeDefinitionHandle declaring, bool isInitOnly)
    {
        TypeDefinition type = reader.GetTypeDefinition(declaring);
        int count = 0;
        foreach (PropertyDefinitionHandle handle in type.GetProperties())
        {
            if (++count > SymbolLimits.TypeMembers)
                break;
            PropertyDefinition property = reader.GetPropertyDefinition(handle);
            PropertyAccessors accessors = property.GetAccessors();
            string? kind = accessors.Getter == accessor ? ".get" : accessors.Setter != accessor ? null : isInitOnly ? ".init" : ".set";
            if (kind is null)
                continue;
            string name = reader.Text(property.Name);
            return (HasParameters(property) && reader.DefaultMember(type) == name ? "this" : name) + kind;
        }
        return null;
    }

    private bool HasParameters(in PropertyDefinition property)
    {
        BlobReader signature = reader.GetBlobReader(property.Signature);
        signature.ReadByte();
        return signature.ReadCompressedInteger() > 0;
    }

    private string? Event(MethodDefinitionHandle accessor, TypeDefinitionHandle declaring)
    {
        int count = 0;
        foreach (EventDefinitionHandle handle in reader.GetTypeDefinition(declaring).GetEvents())
        {
            if (++count > SymbolLimits.TypeMembers)
                break;
            EventDefinition definition = reader.GetEventDefinition(handle);
            EventAccessors accessors = definition.GetAccessors();
            string? kind = accessors.Adder == accessor ? ".add"
                : accessors.Remover == accessor ? ".remove"
                : accessors.Raiser == accessor ? ".raise"
                : null;
            if (kind is not null)
                return reader.Text(definition.Name) + kind;
        }
        return null;
    }
}
