using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Stackflare.Errors;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Types;

/// <summary>The fields of types: all that a type declares, or one by its name.</summary>
internal sealed class TypeFields(ProcessMemory memory, RuntimeLayout layout, ModuleImages images)
{
    private const int MaxFields = 2048, MaxCompared = 1 << 22;
    private const uint FieldToken = 0x04000000;

    private readonly FieldLayout _layout = layout.Fields!;
    private readonly TypeLayout _types = layout.Types!;
    private readonly MetadataReaders _metadata = new(images);
    private readonly Dictionary<(ulong Module, uint Number, string Name), uint?> _tokens = [];
    private int _compared;

    /// <summary>Whether metadata was so large that fields were not looked for.</summary>
    public bool IsTruncated => _metadata.IsTruncated || _compared > MaxCompared;

    /// <summary>The fields that a type declares itself and that its objects have, by offset. Empty if they are missing.</summary>
    /// <param name="type">The type.</param>
    /// <param name="isStruct">Whether offsets count from the first byte of a value instead of the address of an object.</param>
    public FieldOffset[] Of(ulong type, bool isStruct)
    {
        try
        {
            ulong shared = SharedType(type), owner = memory.Pointer(shared + _types.Class), parent = memory.Pointer(type + _types.Parent);
            int count = memory.Read<ushort>(owner + _layout.Count);
            // The number counts those of the base types too.
            if (parent != 0)
                count -= memory.Read<ushort>(memory.Pointer(SharedType(parent) + _types.Class) + _layout.Count);
            ulong list = memory.Pointer(owner + _layout.List);
            var fields = new List<FieldOffset>();
            for (int i = 0; i < count && i < MaxFields; i++)
            {
                ulong entry = list + ((ulong)i * FieldLayout.Bytes);
                if (memory.Pointer(entry + _layout.Type) != shared)
                    break;
                uint place = memory.Read<uint>(entry + _layout.Place) & FieldLayout.PlaceMask;
                fields.Add(new FieldOffset(FieldToken | (memory.Read<uint>(entry + _layout.Token) & FieldLayout.TokenMask), isStruct ? place : FieldLayout.First + place));
            }
            fields.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
            return [.. fields];
        }
        catch (MissingMemoryException)
        {
            return [];
        }
    }

    /// <summary>Where a type declares a field, from the start of an object; null if it is not known.</summary>
    public uint? OffsetOf(ulong type, string name)
    {
        if (TokenOf(type, name) is not { } token)
            return null;
        try
        {
            ulong shared = SharedType(type), owner = memory.Pointer(shared + _types.Class), list = memory.Pointer(owner + _layout.List);
            int count = Math.Min((int)memory.Read<ushort>(owner + _layout.Count), MaxFields);
            for (int i = 0; i < count; i++)
            {
                ulong entry = list + ((ulong)i * FieldLayout.Bytes);
                // The list has only the type's own fields, but the number counts those of its base types too.
                if (memory.Pointer(entry + _layout.Type) != shared)
                    return null;
                if ((memory.Read<uint>(entry + _layout.Token) & FieldLayout.TokenMask) == (token & FieldLayout.TokenMask))
                    return FieldLayout.First + (memory.Read<uint>(entry + _layout.Place) & FieldLayout.PlaceMask);
            }
        }
        catch (MissingMemoryException)
        {
        }
        return null;
    }

    /// <summary>The token of a field that a type declares, static or not; null if it is not known.</summary>
    public uint? TokenOf(ulong type, string name)
    {
        try
        {
            // Generic types have many forms with one number.
            (ulong Module, uint Number, string Name) key = (memory.Pointer(type + _types.Module), memory.Read<uint>(type + _types.Flags2) >> TypeLayout.TokenShift, name);
            if (!_tokens.TryGetValue(key, out uint? token))
                _tokens[key] = token = FindToken(key.Module, key.Number, name);
            return token;
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    private uint? FindToken(ulong module, uint number, string name)
    {
        try
        {
            if (_metadata.Of(module) is not { } reader)
                return null;
            foreach (FieldDefinitionHandle handle in reader.GetTypeDefinition(MetadataTokens.TypeDefinitionHandle((int)number)).GetFields())
            {
                if (_compared > MaxCompared)
                    break;
                _compared++;
                if (reader.StringComparer.Equals(reader.GetFieldDefinition(handle).Name, name))
                    return (uint)MetadataTokens.GetToken(handle);
            }
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
        }
        return null;
    }

    /// <summary>The numbers of types in a module's metadata by namespace and name; a nested type has no namespace. 0 for one that is not there.</summary>
    public uint[] TypesNamed(ulong module, params ReadOnlySpan<(string Space, string Name)> names)
    {
        uint[] numbers = new uint[names.Length];
        try
        {
            if (_metadata.Of(module) is not { } reader)
                return numbers;
            foreach (TypeDefinitionHandle handle in reader.TypeDefinitions)
            {
                TypeDefinition type = reader.GetTypeDefinition(handle);
                for (int i = 0; i < names.Length; i++)
                {
                    if (numbers[i] == 0 && reader.StringComparer.Equals(type.Name, names[i].Name) && reader.StringComparer.Equals(type.Namespace, names[i].Space))
                        numbers[i] = (uint)MetadataTokens.GetRowNumber(handle);
                }
            }
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
        }
        return numbers;
    }

    /// <summary>The type with which a type shares its code and its fields: often itself.</summary>
    /// <exception cref="MissingMemoryException">The type is missing.</exception>
    public ulong SharedType(ulong type) => memory.Pointer(type + _types.Class) is var owner && (owner & TypeLayout.IsOtherType) != 0 ? owner & ~TypeLayout.IsOtherType : type;
}
