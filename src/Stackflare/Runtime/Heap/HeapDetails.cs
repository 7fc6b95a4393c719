using System.Runtime.InteropServices;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Heap;

/// <summary>
/// Objects of the framework's libraries that say more of an async method. Most of them are found by references. Such a reference may lead anywhere, because the
/// object that has it may be dead.
/// </summary>
internal sealed class HeapDetails(ProcessMemory memory, RuntimeLayout layout, HeapTypes types, HeapCopies copies, TypeDescriptions descriptions)
{
    private const int TextCharacters = 256;

    private readonly uint _lengthAt = layout.Heap.References!.ArrayLength;
    private readonly ulong _typeMask = layout.Types!.ObjectMask;
    private readonly uint _charactersAt = layout.Strings!.Characters, _itemsAt = layout.Heap.References!.ArrayItems;
    private readonly HashSet<ulong> _copied = [];

    /// <summary>Whether such an object matters by itself.</summary>
    public static bool IsInUse(HeapType type, ReadOnlySpan<byte> bytes)
    {
        if (type.Framework is not { } framework)
            return false;
        foreach (uint at in framework.Users)
        {
            if (at + sizeof(ulong) <= (uint)bytes.Length && MemoryMarshal.Read<ulong>(bytes[(int)at..]) != 0)
                return true;
        }
        return framework.InUse is { } inUse && inUse < (uint)bytes.Length && bytes[(int)inUse] != 0;
    }

    /// <summary>Copies what an object's fields refer to.</summary>
    public void Follow(in HeapCopy copy, FrameworkFields fields)
    {
        foreach (uint at in fields.Texts)
            Copy(copy.Word(at));
        foreach (uint at in fields.Links)
            Copy(copy.Word(at));
    }

    private void Copy(ulong address)
    {
        if (address == 0 || (address & (sizeof(ulong) - 1)) != 0 || !_copied.Add(address) || !memory.TryRead(address, out ulong word) || types.Of(word & _typeMask) is not { } type)
            return;
        if (types.IsText(type) && memory.TryRead(address + _lengthAt, out uint length))
        {
            HeapObjectTraits traits = HeapObjectTraits.Text | (length > TextCharacters ? HeapObjectTraits.Truncated : 0);
            uint before = type.Bytes == _itemsAt + ReferenceLayout.Header ? _itemsAt : _charactersAt;
            CopyAs(address, type, traits, before + (Math.Min(length, TextCharacters) * sizeof(char)));
        }
        else if ((type.Traits & HeapObjectTraits.Detail) != 0 && (copies.Find(address) is var index && (index < 0 || copies.Candidates[index].Copy == 0)))
        {
            CopyAs(address, type, type.Traits, type.Size);
        }
    }

    private void CopyAs(ulong address, HeapType type, HeapObjectTraits traits, long length)
    {
        if (copies.CopyOther(address, type, traits, length))
            descriptions.Of(type);
    }
}
