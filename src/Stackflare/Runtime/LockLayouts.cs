namespace Stackflare.Runtime;

// Groups of the table for locks, and for variables of managed code: see RuntimeLayout.

/// <summary>What is assumed of locks. Most of it is in no contract, so a group is known only on versions on which it was tested.</summary>
internal sealed class LockLayouts
{
    public LockLayouts(LayoutReader reader, string? version)
    {
        // Before .NET 11, the runtime does not say its version there. The contracts show that it is .NET 10.
        bool isTested = version is null || version.StartsWith("11.", StringComparison.Ordinal);
        Table = reader.Group(r => new SyncTableLayout(r.Requires(isTested)));
        Headers = reader.Group(r => new HeaderLayout(r.Requires(isTested)));
        NativeMonitors = reader.Group(r => new NativeMonitorLayout(r.Requires(isTested)));
        ManagedMonitors = reader.Group(r => new ManagedMonitorLayout(r.Requires(isTested)));
        Maps = reader.Group(static r => new TypeMapLayout(r));
        Arrays = reader.Group(static r => new ArrayLayout(r));
        Statics = reader.Group(static r => new StaticLayout(r));
        Variables = reader.Group(r => new VariableLayout(r.Requires(isTested)));
    }

    public SyncTableLayout? Table { get; }

    public HeaderLayout? Headers { get; }

    /// <summary>Null on .NET 11.</summary>
    public NativeMonitorLayout? NativeMonitors { get; }

    /// <summary>Null on .NET 10.</summary>
    public ManagedMonitorLayout? ManagedMonitors { get; }

    public TypeMapLayout? Maps { get; }

    public ArrayLayout? Arrays { get; }

    public StaticLayout? Statics { get; }

    public VariableLayout? Variables { get; }
}

/// <summary>The table of sync blocks: what objects have that does not fit into their headers.</summary>
internal sealed class SyncTableLayout
{
    public SyncTableLayout(LayoutReader r)
    {
        r.Needs("Object", "1", RuntimeLayout.C1);
        Entries = r.Global("SyncTableEntries");
        EntryBytes = r.SizeOf("SyncTableEntry");
        Block = r.Field("SyncTableEntry", "SyncBlock");
        // .NET 10.0 does not describe it.
        Object = r.Field("SyncTableEntry", "Object", r.Has("ExecutionManager", "2") ? 8u : null);
        r.Requires(EntryBytes >= 2 * sizeof(ulong) && Math.Max(Block, Object) <= EntryBytes - sizeof(ulong));
    }

    /// <summary>The address of the variable with the table.</summary>
    public ulong Entries { get; }

    public uint EntryBytes { get; }

    public uint Block { get; }

    public uint Object { get; }

    /// <summary>The lowest bit of an entry's object: the entry is free; .NET 9 to 11.</summary>
    public const ulong Free = 1;

    /// <summary>The first index that is used; .NET 9 to 11.</summary>
    public const uint First = 1;
}

/// <summary>The word before an object: a thin lock, or the index of the object's sync block.</summary>
internal sealed class HeaderLayout
{
    public HeaderLayout(LayoutReader r)
    {
        r.Needs("Object", "1", RuntimeLayout.C1);
        bool isNet10 = r.Has("ExecutionManager", "2");
        Distance = (uint)r.Global("SyncBlockValueToObjectOffset");
        // .NET 10.0 does not describe these.
        Index = (uint)r.Global("SyncBlockIsHashOrSyncBlockIndex", isNet10 ? 0x08000000 : null);
        Thread = (uint)r.Global("SyncBlockMaskLockThreadId", isNet10 ? 0xFFFF : null);
        RecursionShift = (int)r.Global("SyncBlockRecursionLevelShift", isNet10 ? 16 : null);
        r.Requires(Distance == sizeof(uint) && Thread != 0 && (Thread & NotThin) == 0 && RecursionShift is > 0 and < 32);
    }

    /// <summary>From the word to its object.</summary>
    public uint Distance { get; }

    /// <summary>This flag, and not the one of a hash code, is set if the rest is an index.</summary>
    public uint Index { get; }

    /// <summary>Of a thin lock: the bits of its owner's id.</summary>
    public uint Thread { get; }

    public int RecursionShift { get; }

    /// <summary>
    /// The bits of an index, including those that distinguish it from a hash code; the bits that a thin lock does not have; and the bits of its recursion;
    /// .NET 9 to 11.
    /// </summary>
    public const uint IndexBits = 0x0FFFFFFF, NotThin = 0x1FC00000, RecursionBits = 0x3F;
}

/// <summary>Sync blocks that begin with the monitor of their object (.NET 10).</summary>
internal sealed class NativeMonitorLayout
{
    public NativeMonitorLayout(LayoutReader r) => r.Needs("ExecutionManager", "2");

    /// <summary>The monitor; .NET 10. The holder is a managed id. The highest bit of the index has another use.</summary>
    public const uint State = 0, Recursion = 4, Holder = 8, HolderOsId = 16, Index = 28, IndexBits = 0x7FFFFFFF;

    /// <summary>Of the state: whether it is held, and where the number of its waiters begins; .NET 10.</summary>
    public const uint Held = 1;

    public const int WaitersShift = 6;
}

/// <summary>Sync blocks with a System.Threading.Lock, which is the monitor of their object (.NET 11).</summary>
internal sealed class ManagedMonitorLayout
{
    public ManagedMonitorLayout(LayoutReader r)
    {
        r.Needs("SyncBlock", RuntimeLayout.C1);
        Lock = r.Field("SyncBlock", "Lock");
        ThinLock = r.Field("SyncBlock", "ThinLock");
        Cache = r.Global("SyncBlockCache");
        Used = r.Field("SyncBlockCache", "FreeSyncTableIndex");
    }

    /// <summary>A handle of the Lock.</summary>
    public uint Lock { get; }

    /// <summary>Without a Lock: the bits of a thin lock.</summary>
    public uint ThinLock { get; }

    /// <summary>The address of the variable with the cache, which knows how much of the table is used.</summary>
    public ulong Cache { get; }

    public uint Used { get; }
}

/// <summary>From the numbers of types in a module's metadata to the runtime's types.</summary>
internal sealed class TypeMapLayout
{
    public TypeMapLayout(LayoutReader r)
    {
        r.Needs("Loader", "1", RuntimeLayout.C1);
        Types = r.Field("Module", "TypeDefToMethodTableMap");
        Next = r.Field("ModuleLookupMap", "Next");
        Table = r.Field("ModuleLookupMap", "TableData");
        Count = r.Field("ModuleLookupMap", "Count");
    }

    public uint Types { get; }

    public uint Next { get; }

    public uint Table { get; }

    public uint Count { get; }

    /// <summary>The bits of an entry that can have another meaning and are not part of the address; .NET 9 to 11.</summary>
    public const ulong Flags = 7;
}

/// <summary>Arrays.</summary>
internal sealed class ArrayLayout
{
    public ArrayLayout(LayoutReader r)
    {
        r.Needs("Object", "1", RuntimeLayout.C1);
        Length = r.Field("Array", "m_NumComponents");
        Items = r.SizeOf("Array");
    }

    public uint Length { get; }

    public uint Items { get; }

    /// <summary>Of the flags of a type whose objects have a length: the size of an element; .NET 9 to 11.</summary>
    public const uint ElementBytes = 0xFFFF;
}

/// <summary>Static variables.</summary>
internal sealed class StaticLayout
{
    public StaticLayout(LayoutReader r)
    {
        r.Needs("RuntimeTypeSystem", "1", RuntimeLayout.C1);
        Count = r.Field("EEClass", "NumStaticFields");
        Auxiliary = r.Field("MethodTable", "AuxiliaryData");
        InfoBytes = r.SizeOf("DynamicStaticsInfo");
        References = r.Field("DynamicStaticsInfo", "GCStatics");
        Mask = r.Global("StaticsPointerMask");
    }

    public uint Count { get; }

    /// <summary>The runtime's data of a type. What is known of its variables ends right before it.</summary>
    public uint Auxiliary { get; }

    public uint InfoBytes { get; }

    /// <summary>Where the variables are that refer to objects.</summary>
    public uint References { get; }

    /// <summary>The bits of that address.</summary>
    public ulong Mask { get; }
}

/// <summary>Variables that each thread has for itself.</summary>
internal sealed class VariableLayout
{
    public VariableLayout(LayoutReader r)
    {
        r.Needs("Thread", "1", RuntimeLayout.C1);
        Data = r.Field("Thread", "ThreadLocalDataPtr");
        Array = r.Field("ThreadLocalData", "NonCollectibleTlsArrayData");
        Count = r.Field("ThreadLocalData", "NonCollectibleTlsDataCount");
        InfoBytes = r.SizeOf("ThreadStaticsInfo");
        Numbers = r.Field("ThreadStaticsInfo", "NonGCTlsIndex");
        References = r.Field("ThreadStaticsInfo", "GCTlsIndex");
        LeftOut = (uint)r.Global("NumberOfTlsOffsetsNotUsedInNoncollectibleArray");
    }

    /// <summary>The data of a thread.</summary>
    public uint Data { get; }

    /// <summary>In this data: an array of objects that contain the variables of one type each.</summary>
    public uint Array { get; }

    public uint Count { get; }

    public uint InfoBytes { get; }

    /// <summary>The indexes of a type's variables: of those that are numbers or addresses, and of those that refer to objects.</summary>
    public uint Numbers { get; }

    public uint References { get; }

    /// <summary>So many of the first indexes have no place in the array.</summary>
    public uint LeftOut { get; }

    /// <summary>In the data of a thread: the thread; .NET 9 to 11.</summary>
    public const uint Back = 24;

    /// <summary>The parts of an index, and what it refers to: the array, the thread's data itself, or nothing yet; .NET 10 and 11.</summary>
    public const int KindShift = 24;

    public const uint Place = 0x00FFFFFF, InArray = 0, Direct = 2, Unused = 0xFFFFFFFF;
}

/// <summary>The newest record of what a thread waits for, CoreLib's ThreadBlockingInfo: what it waits for, by kind; .NET 9 to 11.</summary>
internal static class BlockingKinds
{
    /// <summary>
    /// On .NET 10, the runtime's native code uses the record even if the program has not used the class: its address in the data of a thread, and its
    /// fields.
    /// </summary>
    public const uint NativePlace = 40, NativeObject = 0, NativeKind = 8, NativeTimeout = 12;

    /// <summary>To enter a monitor, or for a pulse; the object is the sync block. Not on .NET 11.</summary>
    public const uint Enter = 0, Wait = 1;

    /// <summary>To enter a Lock; the object is the address of a reference to it.</summary>
    public const uint Lock = 2;

    /// <summary>For a pulse; the object is the address of a reference to a Condition (.NET 11).</summary>
    public const uint Condition = 3;
}
