using System.Reflection;
using System.Reflection.Metadata;

namespace Stackflare.Symbols.Names;

/// <summary>Names property accessors, event accessors and operators as in source code.</summary>
internal sealed class AccessorNames(MetadataReader reader)
{
    /// <summary>For example <c>Count.get</c>, <c>this.set</c>, <c>Changed.add</c>, <c>operator +</c>; null for other methods.</summary>
    public string? Spell(MethodDefinitionHandle handle, in MethodDefinition method, string name, bool isInitOnly)
    {
        string member = ExplicitNames.Member(name);
        bool isMarked = (method.Attributes & MethodAttributes.SpecialName) != 0;
        // The compiler does not mark explicit implementations of an interface's operators.
        if (member.StartsWith("op_", StringComparison.Ordinal) && (isMarked || (member.Length < name.Length && (method.Attributes & MethodAttributes.Static) != 0)))
            return OperatorNames.Spell(member) is { } symbol && member.Length < name.Length ? ExplicitNames.Spell(name[..^member.Length] + symbol) : OperatorNames.Spell(member);
        if (!isMarked)
            return Extension(member, isInitOnly) is { } spelled && IsOfExtension(method, name) ? spelled : null; // the second looks at all nested types of the module
        // Methods that only look like accessors keep their names.
        if (member.StartsWith("get_", StringComparison.Ordinal) || member.StartsWith("set_", StringComparison.Ordinal))
            return Property(handle, method.GetDeclaringType(), isInitOnly);
        return member.StartsWith("add_", StringComparison.Ordinal) || member.StartsWith("remove_", StringComparison.Ordinal)
            || member.StartsWith("raise_", StringComparison.Ordinal)
            ? Event(handle, method.GetDeclaringType())
            : null;
    }

    /// <summary>
    /// Whether the method is the code of a member of an <c>extension</c> block. The compiler declares the members of each block in a nested type, and the
    /// method has no other mark.
    /// </summary>
    private bool IsOfExtension(in MethodDefinition method, string name)
    {
        if ((method.Attributes & MethodAttributes.Static) == 0)
            return false;
        int count = 0;
        foreach (TypeDefinitionHandle nested in reader.GetTypeDefinition(method.GetDeclaringType()).GetNestedTypes())
        {
            TypeDefinition type = reader.GetTypeDefinition(nested);
            if (!reader.StringComparer.StartsWith(type.Name, "<G>$"))
                continue;
            foreach (MethodDefinitionHandle member in type.GetMethods())
            {
                if (++count > SymbolLimits.TypeMembers)
                    return false;
                if (reader.StringComparer.Equals(reader.GetMethodDefinition(member).Name, name))
                    return true;
            }
        }
        return false;
    }

    private static string? Extension(string name, bool isInitOnly) => name switch
    {
        ['g', 'e', 't', '_', _, ..] => name[4..] + ".get",
        ['s', 'e', 't', '_', _, ..] => name[4..] + (isInitOnly ? ".init" : ".set"),
        _ => OperatorNames.Spell(name),
    };

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
            string name = reader.Text(property.Name), member = ExplicitNames.Member(name);
            // An explicit indexer has the name that the compiler gives to indexers, unless an attribute gives another one to the interface's.
            bool isIndexer = HasParameters(property) && (reader.DefaultMember(type) == name || (member.Length < name.Length && member == "Item"));
            return ExplicitNames.Spell(isIndexer ? name[..^member.Length] + "this" : name) + kind;
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
                return ExplicitNames.Spell(reader.Text(definition.Name)) + kind;
        }
        return null;
    }
}
