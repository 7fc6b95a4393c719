using System.Runtime.InteropServices;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Heap;

/// <summary>An object that can matter: a possible target of references.</summary>
internal struct Candidate
{
    public required ulong Address { get; init; }

    public required HeapType Type { get; init; }

    /// <summary>With whether it has completed.</summary>
    public HeapObjectTraits Traits { get; init; }

    /// <summary>The continuation of a task that has not completed; otherwise 0.</summary>
    public ulong Then { get; init; }

    /// <summary>The number of its copy, from 1; 0 if there is none.</summary>
    public int Copy { get; set; }
}

/// <summary>A copy of an object.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Type">Its type.</param>
/// <param name="Traits">Its role.</param>
/// <param name="Bytes">Its bytes, from its address.</param>
/// <param name="IsHead">Whether it is the continuation of the innermost method of a task: it may refer to what the method waits for.</param>
internal readonly record struct HeapCopy(ulong Address, HeapType Type, HeapObjectTraits Traits, ReadOnlyMemory<byte> Bytes, bool IsHead)
{
    public bool Is(HeapObjectTraits traits) => (Traits & traits) != 0;

    public ulong Word(ulong offset) => offset + sizeof(ulong) <= (ulong)Bytes.Length ? MemoryMarshal.Read<ulong>(Bytes.Span[(int)offset..]) : 0;
}

/// <summary>
/// The objects of the heap that can matter, and copies of those that do. A reference leads to one of the former or nowhere: a dead object can refer to
/// memory that has other contents now.
/// </summary>
internal sealed class HeapCopies(ProcessMemory memory, RuntimeLayout layout, HeapBudget budget)
{
    private const int ObjectBytes = 64 << 10, SourceBytes = 256, ChunkBytes = 256 << 10;

    private readonly List<Candidate> _candidates = [];
    private readonly List<HeapCopy> _copies = [];
    private readonly ReferenceLayout _references = layout.Heap.References!;
    private byte[] _chunk = [];
    private int _used, _left = budget.Bytes;

    /// <summary>By address: the regions are walked in this order.</summary>
    public Span<Candidate> Candidates => CollectionsMarshal.AsSpan(_candidates);

    public ReadOnlySpan<HeapCopy> All => CollectionsMarshal.AsSpan(_copies);

    public int Count => _copies.Count;

    /// <summary>Whether a limit was reached.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Remembers an object. False if there are too many.</summary>
    public bool Remember(in Candidate candidate)
    {
        // A program can keep any number of completed results. Only few of them have waiters.
        bool isOptional = (candidate.Traits & HeapObjectTraits.Completed) != 0 || candidate.Traits == HeapObjectTraits.Detail;
        if (_candidates.Count < (isOptional ? HeapBudget.Candidates / 2 : HeapBudget.Candidates))
        {
            _candidates.Add(candidate);
            return true;
        }
        IsTruncated = true;
        return isOptional;
    }

    /// <summary>The index of the candidate at an address; negative if there is none.</summary>
    public int Find(ulong address)
    {
        Span<Candidate> all = Candidates;
        int low = 0, high = all.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            ulong at = all[middle].Address;
            if (at == address)
                return middle;
            (low, high) = at < address ? (middle + 1, high) : (low, middle - 1);
        }
        return -1;
    }

    /// <summary>Copies a candidate, if it is not copied yet. False if it was, or if there is no room.</summary>
    public bool Copy(int index, bool isHead = false)
    {
        ref Candidate candidate = ref Candidates[index];
        if (candidate.Copy != 0 || !Add(candidate.Address, candidate.Type, candidate.Traits, LengthOf(candidate.Address, candidate.Type), isHead))
            return false;
        candidate.Copy = _copies.Count;
        return true;
    }

    /// <summary>Copies an object that is no candidate.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="type">Its type.</param>
    /// <param name="traits">Its role.</param>
    /// <param name="length">How much of it.</param>
    /// <returns>False if there is no room, or if it is missing.</returns>
    public bool CopyOther(ulong address, HeapType type, HeapObjectTraits traits, long length) => Add(address, type, traits, length, isHead: false);

    private long LengthOf(ulong address, HeapType type) =>
        type.Size + ((type.Traits & HeapObjectTraits.Array) != 0 && memory.TryRead(address + _references.ArrayLength, out uint count) ? (long)count * sizeof(ulong) : 0);

    private bool Add(ulong address, HeapType type, HeapObjectTraits traits, long length, bool isHead)
    {
        int most = (traits & ~HeapObjectTraits.Detail) == HeapObjectTraits.Source ? SourceBytes : ObjectBytes;
        if (length > most)
            (length, traits) = (most, traits | HeapObjectTraits.Truncated);
        if (_copies.Count >= budget.Objects || length > _left)
        {
            IsTruncated = true;
            return false;
        }
        Memory<byte> bytes = Room((int)length);
        if (!memory.TryRead(address, bytes.Span))
            return false;
        _used += (int)length;
        _left -= (int)length;
        _copies.Add(new HeapCopy(address, type, traits, bytes, isHead));
        return true;
    }

    private Memory<byte> Room(int length)
    {
        if (_chunk.Length - _used < length)
            (_chunk, _used) = (new byte[Math.Max(ChunkBytes, length)], 0);
        return _chunk.AsMemory(_used, length);
    }
}
