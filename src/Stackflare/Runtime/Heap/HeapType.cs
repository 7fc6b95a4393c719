using Stackflare.Snapshots;

namespace Stackflare.Runtime.Heap;

/// <summary>What is known of a type of objects.</summary>
internal sealed record HeapType
{
    /// <summary>The address of the runtime's description.</summary>
    public required ulong Address { get; init; }

    /// <summary>The size of an object with its header; of an array or string, without its elements.</summary>
    public required uint Bytes { get; init; }

    /// <summary>The size of an element; 0 if objects have none.</summary>
    public uint ElementBytes { get; init; }

    public bool IsFree { get; init; }

    public bool HasReferences { get; init; }

    public bool IsStruct { get; init; }

    public int Interfaces { get; init; }

    /// <summary>The base type; null for System.Object.</summary>
    public HeapType? Parent { get; init; }

    /// <summary>Which type of CoreLib it is.</summary>
    public CoreType Core { get; init; }

    /// <summary>The role of its objects.</summary>
    public HeapObjectTraits Traits { get; init; }

    /// <summary>The fields by which its objects say more; null for types that do not.</summary>
    public FrameworkFields? Framework { get; init; }

    /// <summary>Whether the walk of the heap records its objects.</summary>
    public bool IsRecorded { get; init; }

    /// <summary>How many bytes of an object are its own, from its address; of an array, without its elements.</summary>
    public int Size => (int)(Bytes - ReferenceLayout.Header);

    /// <summary>What is needed of a type of which objects were copied; null until then.</summary>
    public TypeDescription? Description { get; set; }

    /// <summary>Whether it is a type, or derived from it.</summary>
    public bool Is(CoreType core)
    {
        for (HeapType? type = this; type is not null; type = type.Parent)
        {
            if (type.Core == core)
                return true;
        }
        return false;
    }
}

/// <summary>What is needed of a type of which objects were copied.</summary>
/// <param name="Index">Its index in the snapshot; null if it is not known.</param>
/// <param name="References">Offsets of the references in an object, ascending; empty for arrays.</param>
internal sealed record TypeDescription(int? Index, uint[] References);
