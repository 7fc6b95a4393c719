using Stackflare.Snapshots;

namespace Stackflare.Runtime.Heap;

/// <summary>
/// The types of objects, each read once. A type is accepted only if its base types lead to System.Object: a word that is none ends the walk of a region.
/// </summary>
internal sealed class HeapTypes
{
    private const int MaxParents = 64, MaxInterfaces = 1024, MaxTypes = 1 << 17, MaxReferences = 2048, MaxKept = 1 << 16, MaxEntries = 1 << 22;

    /// <summary>Of an object with its header. Strings have less than the smallest object, but at least one character more.</summary>
    private const uint LeastBytes = 16, MostBytes = 64 << 20;

    private readonly ProcessMemory _memory;
    private readonly TypeLayout _layout;
    private readonly ReferenceLayout _references;
    private readonly uint _elementAt;
    private readonly CoreTypes _core;
    private readonly FrameworkTypes _framework;
    private readonly ulong _object, _free, _string;
    private readonly uint _interfacesAt;
    private readonly Dictionary<ulong, HeapType?> _types = [];
    private readonly Dictionary<ulong, HeapObjectTraits> _interfaces = [];
    private int _entries;

    private HeapTypes(ProcessMemory memory, RuntimeLayout layout, CoreTypes core, FrameworkTypes framework)
    {
        (_memory, _layout, _references, _core, _framework) = (memory, layout.Types!, layout.Heap.References!, core, framework);
        _elementAt = layout.Instances!.OfType;
        _object = memory.Pointer(_references.Object);
        _free = memory.Pointer(layout.Heap.Allocation!.Free);
        _string = memory.Pointer(layout.Strings!.Type);
        Task = core.Loaded(CoreType.Task);
        _interfacesAt = Task == 0 ? 0 : FindInterfaces();
    }

    /// <summary>The type of tasks; 0 if the program has not used any.</summary>
    public ulong Task { get; }

    /// <summary>Whether a limit on types was reached.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Opens the types; null if the layout of types is not the known one.</summary>
    /// <exception cref="MissingMemoryException">Variables of the runtime are missing.</exception>
    public static HeapTypes? Open(ProcessMemory memory, RuntimeLayout layout, CoreTypes core, FrameworkTypes framework)
    {
        var types = new HeapTypes(memory, layout, core, framework);
        // An array of objects has System.Object where every array has its element.
        return memory.Pointer(memory.Pointer(types._references.ObjectArray) + types._elementAt) == types._object && (types.Task == 0 || types._interfacesAt != 0) ? types : null;
    }

    /// <summary>What is known of a type; null if no object can have it.</summary>
    public HeapType? Of(ulong type) => Of(type, 0);

    /// <summary>Whether objects of a type are strings or arrays of 16-bit numbers.</summary>
    public bool IsText(HeapType type) =>
        type.ElementBytes == sizeof(char) && type.Traits == HeapObjectTraits.None && (type.Address == _string || type.Bytes == _references.ArrayItems + ReferenceLayout.Header);

    /// <summary>
    /// The offsets of the references in an object that is not an array, ascending. The runtime describes them for its collector, before the type and growing
    /// downwards: the number of runs of references, then for each run its length, less the object's size, and its offset.
    /// </summary>
    public uint[] ReferencesOf(HeapType type, out bool isCut)
    {
        isCut = false;
        if (!type.HasReferences || !_memory.TryRead(type.Address - sizeof(ulong), out long runs) || runs <= 0)
            return [];
        var offsets = new SortedSet<uint>();
        for (long i = 1; i <= Math.Min(runs, MaxReferences) && !isCut; i++)
        {
            ulong run = type.Address - sizeof(ulong) - ((ulong)i * 2 * sizeof(ulong));
            if (!_memory.TryRead(run, out ulong length) || !_memory.TryRead(run + sizeof(ulong), out ulong offset))
                return [];
            length += type.Bytes;
            // Anything else is not the known layout.
            if (offset < sizeof(ulong) || offset >= type.Bytes || length > type.Bytes - ReferenceLayout.Header - offset)
                return [];
            for (ulong at = offset; at < offset + length; at += sizeof(ulong))
            {
                isCut = offsets.Count == MaxReferences;
                if (isCut)
                    break;
                if (!offsets.Add((uint)at))
                    return [];
            }
        }
        return [.. offsets];
    }

    private HeapType? Of(ulong type, int depth)
    {
        if (_types.TryGetValue(type, out HeapType? known))
            return known;
        IsTruncated |= _types.Count >= MaxTypes;
        if (type == 0 || (type & (sizeof(ulong) - 1)) != 0 || depth == MaxParents || IsTruncated)
            return null;
        // A type that is derived from itself would be damaged memory.
        _types[type] = null;
        try
        {
            return _types[type] = type == _free ? FreeSpace(type) : Read(type, depth);
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    private HeapType FreeSpace(ulong type) => new() { Address = type, Bytes = _memory.Read<uint>(type + _layout.Size), ElementBytes = 1, IsFree = true };

    private HeapType? Read(ulong type, int depth)
    {
        uint flags = _memory.Read<uint>(type + _layout.Flags), bytes = _memory.Read<uint>(type + _layout.Size);
        if (bytes is < LeastBytes or > MostBytes)
            return null;
        HeapType? parent = type == _object ? null : Of(_memory.Pointer(type + _layout.Parent), depth + 1);
        if (parent is null && type != _object)
            return null;
        ulong module = _memory.Pointer(type + _layout.Module);
        uint number = _memory.Read<uint>(type + _layout.Flags2) >> TypeLayout.TokenShift;
        bool hasLength = (flags & TypeLayout.HasLength) != 0, isArray = parent?.Core == CoreType.Array;
        CoreType core = isArray ? CoreType.None : _core.Of(module, number);
        var read = new HeapType
        {
            Address = type,
            Bytes = bytes,
            ElementBytes = hasLength ? flags & ReferenceLayout.ElementBytes : 0,
            HasReferences = (flags & ReferenceLayout.HasReferences) != 0,
            IsStruct = (flags & ReferenceLayout.KindMask) == ReferenceLayout.Struct,
            Interfaces = _memory.Read<ushort>(type + _references.InterfaceCount),
            Parent = parent,
            Core = core,
        };
        return isArray ? Array(read, type, depth) : WithRole(read, module, number);
    }

    /// <summary>Of arrays, only those of tasks have a role.</summary>
    private HeapType Array(HeapType read, ulong type, int depth)
    {
        bool isOfTasks = read.Bytes == _references.ArrayItems + ReferenceLayout.Header && read.ElementBytes == sizeof(ulong)
            && Of(_memory.Pointer(type + _elementAt), depth + 1) is { } element && element.Traits.HasFlag(HeapObjectTraits.Task);
        return isOfTasks ? read with { Traits = HeapObjectTraits.Array, IsRecorded = true } : read;
    }

    private HeapType WithRole(HeapType read, ulong module, uint number)
    {
        HeapObjectTraits own = read.Core switch
        {
            CoreType.Box => HeapObjectTraits.Method | HeapObjectTraits.Task,
            CoreType.PooledBox => HeapObjectTraits.Method | HeapObjectTraits.Pooled | HeapObjectTraits.Source,
            CoreType.SuspendedTask => HeapObjectTraits.Suspended | HeapObjectTraits.Task,
            CoreType.Continuation => HeapObjectTraits.Continuation,
            CoreType.Task => HeapObjectTraits.Task,
            CoreType.Timer => HeapObjectTraits.Timer,
            CoreType.Semaphore => HeapObjectTraits.Semaphore,
            _ => HeapObjectTraits.None,
        };
        HeapObjectTraits traits = own != 0 ? own : read.Parent?.Traits ?? 0;
        FrameworkFields? framework = own == 0 ? _framework.Of(module, number, read.Address) ?? read.Parent?.Framework : null;
        if (framework is not null)
            traits |= HeapObjectTraits.Detail;
        // What a class is says more than what it implements.
        if ((traits & ~(HeapObjectTraits.Detail | HeapObjectTraits.Machine | HeapObjectTraits.Source)) == 0)
            traits |= ByInterfaces(read);
        return read with { Traits = traits, Framework = framework, IsRecorded = traits != 0 && (traits != HeapObjectTraits.Detail || framework?.Type.IsRecorded == true) };
    }

    /// <summary>The list begins with that of the base type, which was seen before.</summary>
    private HeapObjectTraits ByInterfaces(HeapType type)
    {
        HeapObjectTraits found = 0;
        int from = type.Parent?.Interfaces ?? 0, to = Math.Min(type.Interfaces, MaxInterfaces);
        if (_interfacesAt == 0 || from >= to || !_memory.TryRead(type.Address + _interfacesAt, out ulong list))
            return found;
        IsTruncated |= (_entries += to - from) > MaxEntries;
        for (int i = from; i < to && !IsTruncated && _memory.TryRead(list + ((ulong)i * sizeof(ulong)), out ulong entry); i++)
            found |= OfInterface(entry);
        return found;
    }

    private HeapObjectTraits OfInterface(ulong type)
    {
        if (!_interfaces.TryGetValue(type, out HeapObjectTraits traits))
        {
            traits = CoreOf(type) switch
            {
                CoreType.Machine => HeapObjectTraits.Machine,
                CoreType.Source or CoreType.SourceOf => HeapObjectTraits.Source,
                _ => HeapObjectTraits.None,
            };
            if (_interfaces.Count < MaxKept)
                _interfaces[type] = traits;
        }
        return traits;
    }

    private CoreType CoreOf(ulong type) => _memory.TryRead(type + _layout.Module, out ulong module) && _memory.TryRead(type + _layout.Flags2, out uint flags)
        ? _core.Of(module, flags >> TypeLayout.TokenShift)
        : CoreType.None;

    /// <summary>Where the list of interfaces of a type is: the one of Task has exactly two.</summary>
    private uint FindInterfaces()
    {
        if (_memory.Read<ushort>(Task + _references.InterfaceCount) != 2)
            return 0;
        for (uint at = ReferenceLayout.FirstInterfaces; at <= ReferenceLayout.LastInterfaces; at += sizeof(ulong))
        {
            if (_memory.TryRead(Task + at, out ulong list) && _memory.TryRead(list, out ulong one) && _memory.TryRead(list + sizeof(ulong), out ulong other)
                && (CoreOf(one), CoreOf(other)) is (CoreType.AsyncResult, CoreType.Disposable) or (CoreType.Disposable, CoreType.AsyncResult))
            {
                return at;
            }
        }
        return 0;
    }
}
