using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Stackflare.Runtime.Types;

/// <summary>Fields of managed objects, by name, and strings.</summary>
internal sealed class ManagedObjects(ProcessMemory memory, RuntimeLayout layout, ModuleImages images, TypeReader types)
{
    private const int MaxFields = 512, MaxText = 1024, MaxTypes = 64;

    private readonly Dictionary<(ulong Type, string Field), uint?> _offsets = [];

    /// <summary>A string; null if there is none, or if it is missing.</summary>
    public string? Text(ulong address)
    {
        try
        {
            if (layout.Strings is not { } strings || address == 0 || types.TypeOf(address) is not (var type and not 0) || type != memory.Pointer(strings.Type))
                return null;
            int length = memory.Read<int>(address + strings.Length);
            return length < 0 ? null : memory.Utf16Text(address + strings.Characters, Math.Min(length, MaxText));
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    /// <summary>Where a type declares a field, from the start of an object; null if it is not known.</summary>
    public uint? OffsetOf(ulong type, string field)
    {
        if (!_offsets.TryGetValue((type, field), out uint? offset) && _offsets.Count < MaxTypes)
        {
            try
            {
                offset = Find(type, field);
            }
            catch (MissingMemoryException)
            {
                offset = null;
            }
            _offsets[(type, field)] = offset;
        }
        return offset;
    }

    private uint? Find(ulong type, string field)
    {
        if (layout.Fields is not { } fields || layout.Types is not { } table || !types.IsType(type) || TokenOf(type, table, field) is not { } token)
            return null;
        ulong owner = memory.Pointer(type + table.Class);
        if ((owner & TypeLayout.IsOtherType) != 0)
            return null;
        ulong list = memory.Pointer(owner + fields.List);
        int count = Math.Min((int)memory.Read<ushort>(owner + fields.Count), MaxFields);
        for (int i = 0; i < count; i++)
        {
            ulong entry = list + ((ulong)i * FieldLayout.Bytes);
            // The list has only the type's own fields, but the number counts those of its base types too.
            if (memory.Pointer(entry + fields.Type) != type)
                return null;
            if ((memory.Read<uint>(entry + fields.Token) & FieldLayout.TokenMask) == token)
                return FieldLayout.First + (memory.Read<uint>(entry + fields.Place) & FieldLayout.PlaceMask);
        }
        return null;
    }

    /// <summary>The number of the field in the metadata.</summary>
    private uint? TokenOf(ulong type, TypeLayout table, string field)
    {
        int token = (int)(memory.Read<uint>(type + table.Flags2) >> TypeLayout.TokenShift);
        return ModuleMetadata.Ask<uint?>(images.Metadata(memory.Pointer(type + table.Module)), reader =>
        {
            foreach (FieldDefinitionHandle handle in reader.GetTypeDefinition(MetadataTokens.TypeDefinitionHandle(token)).GetFields())
            {
                if (reader.StringComparer.Equals(reader.GetFieldDefinition(handle).Name, field))
                    return (uint)MetadataTokens.GetRowNumber(handle);
            }
            return null;
        });
    }
}
