namespace Stackflare.Runtime.Types;

/// <summary>Fields of managed objects, by name, and strings.</summary>
internal sealed class ManagedObjects(ProcessMemory memory, RuntimeLayout layout, TypeReader types, TypeFields? fields)
{
    private const int MaxText = 1024, MaxTypes = 64;

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
            _offsets[(type, field)] = offset = types.IsType(type) ? fields?.OffsetOf(type, field) : null;
        return offset;
    }
}
