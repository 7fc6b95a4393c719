namespace Stackflare.Runtime.Types;

/// <summary>The maps of a module from numbers in its metadata to what the runtime knows of types and fields. Each is a list of tables.</summary>
internal sealed class ModuleMap(ProcessMemory memory, TypeMapLayout layout, ulong module)
{
    /// <summary>A damaged list can return to itself.</summary>
    private const int MaxTables = 1 << 12;

    /// <summary>The type that has a number; for a generic one, its definition; 0 if the program has not used it.</summary>
    /// <exception cref="MissingMemoryException">A part of the map is missing.</exception>
    public ulong TypeOf(uint number) => Entry(layout.Types, number);

    /// <summary>An entry of one of the maps; 0 if there is none.</summary>
    /// <exception cref="MissingMemoryException">A part of the map is missing.</exception>
    public ulong Entry(uint map, uint number)
    {
        ulong table = number == 0 ? 0 : module + map;
        for (int i = 0; i < MaxTables && table != 0; i++)
        {
            uint count = memory.Read<uint>(table + layout.Count);
            if (number < count)
                return memory.Pointer(memory.Pointer(table + layout.Table) + (number * (ulong)sizeof(ulong))) & ~TypeMapLayout.Flags;
            number -= count;
            table = memory.Pointer(table + layout.Next);
        }
        return 0;
    }
}
