namespace Stackflare.Runtime.Locks;

/// <summary>The runtime's table of sync blocks.</summary>
internal sealed class SyncTable(ProcessMemory memory, SyncTableLayout layout, HeaderLayout headers)
{
    /// <summary>More are not read.</summary>
    public const uint MaxEntries = 1 << 18;

    private readonly ulong _entries = memory.TryRead(layout.Entries, out ulong entries) ? entries : 0;

    /// <summary>Whether the table is in the memory.</summary>
    public bool IsKnown => _entries != 0;

    /// <summary>An entry of the table.</summary>
    /// <param name="Block">The sync block; 0 if there is none.</param>
    /// <param name="Object">Its object.</param>
    public readonly record struct Entry(ulong Block, ulong Object)
    {
        /// <summary>Whether it, and those behind it, have never been used.</summary>
        public bool IsEnd => Block == 0 && Object == 0;

        /// <summary>Whether an object has this sync block. Some objects have only an index.</summary>
        public bool IsUsed => Block != 0 && Object != 0 && (Object & SyncTableLayout.Free) == 0;
    }

    /// <exception cref="MissingMemoryException">It is missing.</exception>
    public Entry At(uint index) => TryAt(index, out Entry entry) ? entry : throw new MissingMemoryException(AddressOf(index));

    /// <summary>An entry of the table; false if it is missing.</summary>
    public bool TryAt(uint index, out Entry entry)
    {
        ulong at = AddressOf(index);
        bool isThere = memory.TryRead(at + layout.Block, out ulong block) & memory.TryRead(at + layout.Object, out ulong known);
        entry = isThere ? new Entry(block, known) : default;
        return isThere;
    }

    /// <summary>Whether an entry whose block is wrong or missing can be one of the table: its object says so, or it is missing too.</summary>
    public bool MayBe(Entry entry, uint index) =>
        IsAddress(entry.Block) && IsAddress(entry.Object)
        && (TryHeaderOf(entry.Object, out uint header) ? (header & HeaderLayout.IndexBits) == (headers.Index | index) : true);

    /// <summary>The word before an object; false if it is missing.</summary>
    public bool TryHeaderOf(ulong address, out uint header) => memory.TryRead(address - headers.Distance, out header);

    /// <summary>Whether an object says that it has this entry.</summary>
    /// <exception cref="MissingMemoryException">The object is missing.</exception>
    public bool IsOf(ulong address, uint index) => (memory.Read<uint>(address - headers.Distance) & HeaderLayout.IndexBits) == (headers.Index | index);

    private ulong AddressOf(uint index) => _entries + ((ulong)index * layout.EntryBytes);

    private static bool IsAddress(ulong value) => value % sizeof(ulong) == 0 && value is >= 1 << 16 and < 1ul << 47;
}
