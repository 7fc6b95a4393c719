using Stackflare.Snapshots;

namespace Stackflare.Runtime.Types;

/// <summary>
/// The types of a process. Each is added to the snapshot once. Types are a tree, but their addresses come from memory that may be damaged: depth and
/// number are limited.
/// </summary>
internal sealed class TypeReader(ProcessMemory memory, RuntimeLayout layout, ModuleReader modules, SnapshotBuilder snapshot)
{
    private const int MaxDepth = 32, MaxArguments = 32, MaxTypes = 1 << 17;
    private const uint TypeDefToken = 0x02000000;

    private readonly Dictionary<ulong, int?> _indexes = [];

    /// <summary>Whether there are more types than are added.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The index of a type; null if it is not known.</summary>
    public int? IndexOf(ulong type) => IndexOf(type, 0);

    /// <summary>The type of an object; 0 if it is missing.</summary>
    public ulong TypeOf(ulong instance) =>
        layout.Types is { } types && memory.TryRead(instance + types.ObjectType, out ulong type) ? type & types.ObjectMask : 0;

    /// <summary>Whether the runtime's class of a type refers back to it, or to the type with which it shares its code.</summary>
    public bool IsType(ulong type) =>
        layout.Types is { } types && type != 0 && memory.TryRead(type + types.Class, out ulong owner)
        && ((owner & TypeLayout.IsOtherType) != 0
            ? IsOwnClass(types, owner & ~TypeLayout.IsOtherType, memory.TryRead((owner & ~TypeLayout.IsOtherType) + types.Class, out ulong other) ? other : 0)
            : IsOwnClass(types, type, owner));

    /// <summary>The module of a type; 0 if it is missing.</summary>
    public ulong ModuleOf(ulong type) => layout.Types is { } types && memory.TryRead(type + types.Module, out ulong module) ? module : 0;

    /// <summary>The base type of a type; 0 if there is none, or if it is missing.</summary>
    public ulong ParentOf(ulong type) => layout.Types is { } types && memory.TryRead(type + types.Parent, out ulong parent) ? parent : 0;

    /// <summary>Indexes of types in a row.</summary>
    public int?[] IndexesOf(ulong list, int count) => IndexesOf(list, count, 0);

    /// <summary>The last type argument of a type; 0 if it has none.</summary>
    /// <exception cref="MissingMemoryException">The type is missing.</exception>
    public ulong LastArgumentOf(ulong type) =>
        layout.Types is { } types && ArgumentList(type, memory.Read<uint>(type + types.Flags), out int count) is var list and not 0 && count is > 0 and <= MaxArguments
            ? memory.Pointer(list + ((uint)(count - 1) * (ulong)sizeof(ulong)))
            : 0;

    private bool IsOwnClass(TypeLayout types, ulong type, ulong owner) => owner != 0 && memory.TryRead(owner + types.ClassType, out ulong back) && back == type;

    private int?[] IndexesOf(ulong list, int count, int depth)
    {
        var indexes = new int?[Math.Min(count, MaxArguments)];
        for (int i = 0; i < indexes.Length; i++)
            indexes[i] = memory.TryRead(list + ((ulong)i * sizeof(ulong)), out ulong argument) ? IndexOf(argument, depth + 1) : null;
        return indexes;
    }

    private int? IndexOf(ulong type, int depth)
    {
        if (layout.Types is null || type == 0 || (type & TypeLayout.IsNoClass) != 0 || depth > MaxDepth)
            return null;
        if (_indexes.TryGetValue(type, out int? known))
            return known;
        if (!IsType(type))
            return null;
        if (_indexes.Count == MaxTypes)
        {
            IsFull = true;
            return null;
        }
        // A type that is its own argument would be damaged memory.
        _indexes[type] = null;
        try
        {
            return _indexes[type] = snapshot.Add(Describe(layout.Types, type, depth));
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    private SnapshotType Describe(TypeLayout types, ulong type, int depth)
    {
        uint flags = memory.Read<uint>(type + types.Flags);
        if ((flags & TypeLayout.ArrayMask) == TypeLayout.Array)
        {
            return new SnapshotType
            {
                IsArray = true,
                Rank = (flags & TypeLayout.Vector) != 0 ? 1 : (int)Math.Min((memory.Read<uint>(type + types.Size) - TypeLayout.ArrayBytes) / TypeLayout.DimensionBytes, 32),
                Arguments = layout.Instances is { } elements ? IndexesOf(type + elements.OfType, 1, depth) : default,
            };
        }
        return new SnapshotType
        {
            Module = modules.IndexOf(memory.Pointer(type + types.Module)),
            Token = TypeDefToken | (memory.Read<uint>(type + types.Flags2) >> TypeLayout.TokenShift),
            Arguments = Arguments(type, flags, depth),
        };
    }

    private int?[] Arguments(ulong type, uint flags, int depth) => ArgumentList(type, flags, out int count) is var list and not 0 ? IndexesOf(list, count, depth) : [];

    /// <summary>The type's arguments begin its dictionary, which comes after those of its base types. Their numbers are before the list of dictionaries.</summary>
    private ulong ArgumentList(ulong type, uint flags, out int count)
    {
        count = 0;
        if (layout.Instances is not { } instances || (flags & TypeLayout.HasLength) != 0 || (flags & InstanceLayout.IsGeneric) == 0)
            return 0;
        ulong dictionaries = memory.Pointer(type + instances.OfType), numbers = dictionaries - sizeof(ulong);
        ushort last = memory.Read<ushort>(numbers + instances.Dictionaries);
        count = memory.Read<ushort>(numbers + instances.Arguments);
        return last == 0 ? 0 : memory.Pointer(dictionaries + ((last - 1ul) * sizeof(ulong)));
    }
}
