using System.Reflection.Metadata;
using System.Text;

namespace Stackflare.Symbols.Names;

/// <summary>
/// Spells the types of a method's parameters as <see cref="Exception.StackTrace"/> does: each by its simple name. Not the framework's decoder,
/// because it follows nesting without a limit, so that a hostile signature causes a stack overflow.
/// </summary>
/// <param name="reader">The metadata of the type tokens; null for a signature without metadata, whose type tokens cannot be resolved.</param>
/// <param name="typeParameters">Names of the declaring type's type parameters.</param>
/// <param name="methodParameters">Names of the method's own type parameters.</param>
internal readonly struct SignatureText(MetadataReader? reader, string[] typeParameters, string[] methodParameters)
{
    private const byte Generic = 0x10;

    /// <summary>The parameters' types; null if one of them is not known or the signature is excessive.</summary>
    /// <exception cref="BadImageFormatException">The signature is malformed.</exception>
    public List<string>? Parameters(BlobReader signature, out bool isInitOnly)
    {
        isInitOnly = false;
        if (signature.Length > SymbolLimits.SignatureBytes)
            return null;
        byte header = signature.ReadByte();
        if ((header & Generic) != 0)
            signature.ReadCompressedInteger();
        int count = signature.ReadCompressedInteger();
        if (count > SymbolLimits.SignatureParameters || Type(ref signature, 0, ref isInitOnly) is null)
            return null;

        var types = new List<string>(Math.Min(count, 8));
        int characters = 0;
        bool ignored = false;
        for (int i = 0; i < count; i++)
        {
            if (Type(ref signature, 0, ref ignored) is not { } type || (characters += type.Length) > SymbolLimits.SignatureCharacters)
                return null;
            types.Add(type);
        }
        return types;
    }

    /// <summary>The only type in the rest of a signature; null if it is not known.</summary>
    /// <exception cref="BadImageFormatException">The signature is malformed.</exception>
    public string? Single(BlobReader signature)
    {
        bool ignored = false;
        return Type(ref signature, 0, ref ignored);
    }

    /// <summary>Reads one type; null if its name is not known, in which case the rest of the signature cannot be read.</summary>
    private string? Type(ref BlobReader signature, int depth, ref bool isInitOnly)
    {
        if (depth > SymbolLimits.SignatureDepth)
            return null;
        byte code = signature.ReadByte();
        // Custom modifiers are not part of a name, but the one on a setter's return type marks an init accessor.
        for (int i = 0; code is 0x1F or 0x20 or 0x45; i++)
        {
            if (i == SymbolLimits.SignatureParameters)
                return null;
            if (code != 0x45)
            {
                EntityHandle modifier = signature.ReadTypeHandle();
                isInitOnly |= code == 0x1F && reader?.SimpleTypeName(modifier) == "IsExternalInit";
            }
            code = signature.ReadByte();
        }
        switch (code)
        {
            case 0x0F:
                return Type(ref signature, depth + 1, ref isInitOnly) is { } pointed ? pointed + "*" : null;
            case 0x10:
                return Type(ref signature, depth + 1, ref isInitOnly) is { } referred ? referred + "&" : null;
            case 0x1D:
                return Type(ref signature, depth + 1, ref isInitOnly) is { } element ? element + "[]" : null;
            case 0x14:
                return Array(ref signature, depth, ref isInitOnly);
            case 0x15:
                return Instance(ref signature, depth, ref isInitOnly);
            case 0x1B:
                return FunctionPointer(ref signature, depth, ref isInitOnly);
            case 0x11 or 0x12:
                EntityHandle token = signature.ReadTypeHandle();
                return reader?.SimpleTypeName(token);
            case 0x13:
                return Parameter(typeParameters, signature.ReadCompressedInteger());
            case 0x1E:
                return Parameter(methodParameters, signature.ReadCompressedInteger());
            default:
                return Primitive(code);
        }
    }

    private string? Array(ref BlobReader signature, int depth, ref bool isInitOnly)
    {
        string? element = Type(ref signature, depth + 1, ref isInitOnly);
        if (element is null)
            return null;
        int rank = signature.ReadCompressedInteger();
        for (int sizes = signature.ReadCompressedInteger(); sizes > 0; sizes--)
            signature.ReadCompressedInteger();
        for (int bounds = signature.ReadCompressedInteger(); bounds > 0; bounds--)
            signature.ReadCompressedSignedInteger();
        return rank switch
        {
            1 => element + "[*]",
            > 1 and <= 32 => element + "[" + new string(',', rank - 1) + "]",
            _ => null,
        };
    }

    private string? Instance(ref BlobReader signature, int depth, ref bool isInitOnly)
    {
        string? name = Type(ref signature, depth + 1, ref isInitOnly);
        int count = signature.ReadCompressedInteger();
        if (count > SymbolLimits.SignatureParameters)
            return null;
        for (int i = 0; i < count; i++)
        {
            if (Type(ref signature, depth + 1, ref isInitOnly) is null)
                return null;
        }
        return name;
    }

    /// <summary>As in C#, with the type that is returned last: <c>delegate*&lt;Int32, String&amp;, Boolean&gt;</c>.</summary>
    private string? FunctionPointer(ref BlobReader signature, int depth, ref bool isInitOnly)
    {
        byte header = signature.ReadByte();
        if ((header & Generic) != 0)
            signature.ReadCompressedInteger();
        int count = signature.ReadCompressedInteger();
        if (count > SymbolLimits.SignatureParameters || Type(ref signature, depth + 1, ref isInitOnly) is not { } returned)
            return null;
        var text = new StringBuilder("delegate*<");
        for (int i = 0; i < count; i++)
        {
            if (text.Length > SymbolLimits.SignatureCharacters || Type(ref signature, depth + 1, ref isInitOnly) is not { } type)
                return null;
            text.Append(type).Append(", ");
        }
        return text.Append(returned).Append('>').ToString();
    }

    private static string? Parameter(string[] names, int index) => index >= 0 && index < names.Length ? names[index] : null;

    private static string? Primitive(byte code) => code switch
    {
        0x01 => "Void",
        0x02 => "Boolean",
        0x03 => "Char",
        0x04 => "SByte",
        0x05 => "Byte",
        0x06 => "Int16",
        0x07 => "UInt16",
        0x08 => "Int32",
        0x09 => "UInt32",
        0x0A => "Int64",
        0x0B => "UInt64",
        0x0C => "Single",
        0x0D => "Double",
        0x0E => "String",
        0x16 => "TypedReference",
        0x18 => "IntPtr",
        0x19 => "UIntPtr",
        0x1C => "Object",
        _ => null,
    };
}
