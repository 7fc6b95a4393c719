using Stackflare.Runtime.Types;
using Stackflare.Snapshots;
using ObjectLayout = Stackflare.Snapshots.TypeLayout;

namespace Stackflare.Runtime.Heap;

/// <summary>Where the state machine of a method is in its box.</summary>
/// <param name="Type">The type with which the machine's type shares its code.</param>
/// <param name="At">Its offset; for a machine that is a class, that of the reference to it.</param>
/// <param name="IsObject">Whether it is a class.</param>
internal sealed record MachinePlace(ulong Type, uint At, bool IsObject);

/// <summary>Describes the types of copied objects: names by indexes of the snapshot, fields, references, state machines.</summary>
internal sealed class TypeDescriptions(HeapTypes types, TypeFields fields, TypeReader reader)
{
    private const string MachineField = "StateMachine";

    /// <summary>Of all types together: fields, and references in their objects.</summary>
    private const int MaxParts = 1 << 18;

    private readonly Dictionary<int, ObjectLayout> _layouts = [];
    private readonly Dictionary<ulong, MachinePlace?> _machines = [];
    private int _parts;

    /// <summary>Whether objects have more references or fields than are described.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The layouts of all described types and of their base types.</summary>
    public ObjectLayout[] Layouts => [.. _layouts.Values.OrderBy(static l => l.Type)];

    public TypeDescription Of(HeapType type) => type.Description ??= Describe(type);

    /// <summary>Where the state machine in a method's box is; null if it is not known.</summary>
    public MachinePlace? MachineOf(HeapType box)
    {
        if (!_machines.TryGetValue(box.Address, out MachinePlace? place))
            _machines[box.Address] = place = FindMachine(box);
        return place;
    }

    private TypeDescription Describe(HeapType type)
    {
        bool isCut = false;
        HeapType? named = Named(type);
        uint[] references = (type.Traits & HeapObjectTraits.Array) != 0 ? [] : Counted(types.ReferencesOf(type, out isCut));
        IsCut |= isCut;
        int? index = named is null ? null : reader.IndexOf(named.Address);
        if (named is not null)
            Want(named, ReferenceEquals(named, type) ? references : []);
        if ((type.Traits & HeapObjectTraits.Method) != 0 && ArgumentOf(type) is { } machine)
            Want(machine, []);
        return new TypeDescription(index, references);
    }

    /// <summary>The runtime makes a continuation type for each set of references to save. Metadata does not contain these types.</summary>
    private static HeapType? Named(HeapType type)
    {
        HeapType? named = type;
        if ((type.Traits & HeapObjectTraits.Continuation) != 0 && type.Core is not (CoreType.TaskContinuation or CoreType.SourceContinuation))
        {
            while (named is not (null or { Core: CoreType.Continuation }))
                named = named.Parent;
        }
        return named;
    }

    private void Want(HeapType wanted, uint[] references)
    {
        for (HeapType? type = wanted; type is not null; (type, references) = (type.Parent, []))
        {
            if (reader.IndexOf(type.Address) is not { } index)
                return;
            if (_layouts.TryGetValue(index, out ObjectLayout known))
            {
                if (references.Length > 0)
                    _layouts[index] = known with { References = references };
                return;
            }
            _layouts[index] = new ObjectLayout(
                index, type.Parent is { } parent ? reader.IndexOf(parent.Address) : null, Counted(fields.Of(type.Address, type.IsStruct)), references,
                type.IsStruct ? type.Bytes - Math.Min(type.Bytes, ReferenceLayout.Overhead) : type.Bytes, type.IsStruct);
        }
    }

    private T[] Counted<T>(T[] parts)
    {
        _parts += parts.Length;
        IsCut |= _parts > MaxParts;
        return _parts > MaxParts ? [] : parts;
    }

    private HeapType? ArgumentOf(HeapType box)
    {
        try
        {
            return types.Of(reader.LastArgumentOf(box.Address));
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    private MachinePlace? FindMachine(HeapType box)
    {
        try
        {
            HeapType? declaring = box;
            while (declaring is not (null or { Core: CoreType.Box or CoreType.PooledBox }))
                declaring = declaring.Parent;
            return declaring is not null && ArgumentOf(box) is { } machine && fields.OffsetOf(declaring.Address, MachineField) is { } at
                ? new MachinePlace(fields.SharedType(machine.Address), at, !machine.IsStruct)
                : null;
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }
}
