namespace Stackflare.Runtime;

// Groups of the table for the heap: see RuntimeLayout.

/// <summary>What is assumed about the heap. What a runtime does not describe is null.</summary>
internal sealed class HeapLayout
{
    public HeapLayout(ContractDescriptor descriptor, LayoutReader reader)
    {
        Allocation = reader.Group(static r => new AllocationLayout(r));
        References = reader.Group(static r => new ReferenceLayout(r));
        Continuations = reader.Group(static r => new ContinuationLayout(r));
        ThreadVariables = reader.Group(static r => new ThreadVariableLayout(r));
        if (descriptor.Part("GC") is not { } part || part.Text("GCIdentifiers")?.Contains("regions", StringComparison.Ordinal) != true)
            return;
        var collector = new LayoutReader(part);
        Regions = collector.Group(static r => new RegionLayout(r));
        OneHeap = collector.Group(static r => new OneHeapLayout(r));
        ManyHeaps = collector.Group(static r => new ManyHeapsLayout(r));
    }

    public AllocationLayout? Allocation { get; }

    public ReferenceLayout? References { get; }

    public ContinuationLayout? Continuations { get; }

    public ThreadVariableLayout? ThreadVariables { get; }

    /// <summary>By the collector's own descriptor; null before .NET 11, and for a collector without regions.</summary>
    public RegionLayout? Regions { get; }

    /// <summary>The workstation collector.</summary>
    public OneHeapLayout? OneHeap { get; }

    /// <summary>The server collector.</summary>
    public ManyHeapsLayout? ManyHeaps { get; }
}

/// <summary>The collector's generations and their regions.</summary>
internal sealed class RegionLayout
{
    private RegionLayout()
    {
    }

    public RegionLayout(LayoutReader r)
    {
        r.Needs("GC", RuntimeLayout.C1);
        GenerationBytes = r.SizeOf("Generation");
        Generations = (uint)r.Global("TotalGenerationCount");
        First = r.Field("Generation", "StartSegment");
        Allocated = r.Field("HeapSegment", "Allocated");
        Committed = r.Field("HeapSegment", "Committed");
        Memory = r.Field("HeapSegment", "Mem");
        Next = r.Field("HeapSegment", "Next");
        InvalidCount = r.Global("StructureInvalidCount");
    }

    /// <summary>Those of .NET 10.0, which does not describe them.</summary>
    public static RegionLayout Net10 { get; } = new()
    {
        GenerationBytes = 256,
        Generations = 5,
        First = 56,
        Allocated = 0,
        Committed = 8,
        Memory = 32,
        Next = 48,
    };

    public uint GenerationBytes { get; private init; }

    public uint Generations { get; private init; }

    /// <summary>Of a generation: its first region.</summary>
    public uint First { get; private init; }

    /// <summary>Of a region: the end of its objects, and of the memory that it has.</summary>
    public uint Allocated { get; private init; }

    public uint Committed { get; private init; }

    /// <summary>Of a region: where its objects begin.</summary>
    public uint Memory { get; private init; }

    public uint Next { get; private init; }

    /// <summary>The address of a variable that is not 0 while the collector moves objects; 0 if it is not known.</summary>
    public ulong InvalidCount { get; private init; }

    /// <summary>Larger numbers are damage.</summary>
    public const uint MaxGenerationBytes = 512, MaxGenerations = 8;
}

/// <summary>The variables of the workstation collector.</summary>
internal sealed class OneHeapLayout(LayoutReader r)
{
    public ulong Generations { get; } = r.Global("GCHeapGenerationTable");

    /// <summary>The last region of the youngest generation, and the end of its objects, which the region itself does not have.</summary>
    public ulong Last { get; } = r.Global("GCHeapEphemeralHeapSegment");

    public ulong Allocated { get; } = r.Global("GCHeapAllocAllocated");
}

/// <summary>The server collector: the variables with the list of heaps, and the same in each heap.</summary>
internal sealed class ManyHeapsLayout(LayoutReader r)
{
    public ulong Heaps { get; } = r.Global("Heaps");

    public ulong Count { get; } = r.Global("NumHeaps");

    public uint Generations { get; } = r.Field("GCHeap", "GenerationTable");

    public uint Last { get; } = r.Field("GCHeap", "EphemeralHeapSegment");

    public uint Allocated { get; } = r.Field("GCHeap", "AllocAllocated");
}

/// <summary>
/// What the collector of .NET 10 says to debuggers. The variable with its address is one of those in a table that the runtime exports; the order of that
/// table is not relied upon. The public declaration is <c>gcinterface.dacvars.def</c> in the runtime's repository. A major version stands for this layout.
/// </summary>
internal static class DebuggerLayout
{
    public const string Table = "g_dacTable";

    /// <summary>The table has fewer entries.</summary>
    public const int MaxEntries = 256;

    /// <summary>The version, and what must be there: the size and the number of generations.</summary>
    public const byte Major = 2;

    public const uint GenerationBytes = 8, Generations = 16;

    /// <summary>Each is the address of a variable: of a byte of flags, of the generations of the only heap, and so on.</summary>
    public const uint Variant = 24, GenerationTable = 48, Last = 80, Allocated = 120, Count = 176, Heaps = 184, InvalidCount = 192;

    /// <summary>The flag of a collector with regions.</summary>
    public const byte HasRegions = 1;

    /// <summary>A list of 32-bit offsets in a heap of the server collector, and which of them are needed.</summary>
    public const uint Offsets = 240, OffsetBytes = 4, AllocatedOffset = 0, LastOffset = 1, GenerationsOffset = 18;
}

/// <summary>The parts of the heap in which threads will allocate, and that have no objects yet; and free space.</summary>
internal sealed class AllocationLayout
{
    public AllocationLayout(LayoutReader r)
    {
        r.Needs("Thread", "1", RuntimeLayout.C1);
        OfThread = r.Field("Thread", "RuntimeThreadLocals");
        Pointer = r.Field("RuntimeThreadLocals", "AllocContext") + r.Field("EEAllocContext", "GCAllocationContext") + r.Field("GCAllocContext", "Pointer");
        Limit = Pointer + r.Field("GCAllocContext", "Limit") - r.Field("GCAllocContext", "Pointer");
        // .NET 10.0 does not describe it. Threads do not use it on Linux.
        Global = r.GlobalOrZero("GlobalAllocContext");
        Free = r.Global("FreeObjectMethodTable");
    }

    public uint OfThread { get; }

    /// <summary>From what a thread refers to.</summary>
    public uint Pointer { get; }

    public uint Limit { get; }

    public ulong Global { get; }

    /// <summary>The address of the variable with the type of free space.</summary>
    public ulong Free { get; }

    /// <summary>Behind the limit, there is room for the smallest object; .NET 9 to 11.</summary>
    public const uint Reserve = 24;

    /// <summary>The smallest object, with its header; .NET 9 to 11.</summary>
    public const uint SmallestObject = 24;
}

/// <summary>The references in objects, the interfaces of types, and arrays.</summary>
internal sealed class ReferenceLayout
{
    public ReferenceLayout(LayoutReader r)
    {
        r.Needs("RuntimeTypeSystem", "1", RuntimeLayout.C1);
        InterfaceCount = r.Field("MethodTable", "NumInterfaces");
        Object = r.Global("ObjectMethodTable");
        ObjectArray = r.Global("ObjectArrayMethodTable");
        ArrayLength = r.Field("Array", "m_NumComponents");
        ArrayItems = r.SizeOf("Array");
    }

    public uint InterfaceCount { get; }

    /// <summary>The addresses of the variables with the types of System.Object and of an array of it.</summary>
    public ulong Object { get; }

    public ulong ObjectArray { get; }

    public uint ArrayLength { get; }

    public uint ArrayItems { get; }

    /// <summary>Flags of a type: its objects have references; it is a struct; the size of an element. .NET 9 to 11.</summary>
    public const uint HasReferences = 0x01000000, KindMask = 0x000C0000, Struct = 0x00040000, ElementBytes = 0x0000FFFF;

    /// <summary>Before an object's address; it counts to its size. The same with the type, which is not part of a struct.</summary>
    public const uint Header = 8, Overhead = 16;

    /// <summary>Of the state of a task: it ran to completion, failed, or was canceled; .NET 9 to 11.</summary>
    public const uint CompletedTask = 0x01600000;

    /// <summary>Where the list of interfaces of a type may be. It is found by the interfaces of Task.</summary>
    public const uint FirstInterfaces = 48, LastInterfaces = 72;
}

/// <summary>The saved state of methods that the runtime suspends itself (.NET 11).</summary>
internal sealed class ContinuationLayout
{
    public ContinuationLayout(LayoutReader r)
    {
        Next = r.Field("ContinuationObject", "Next");
        ResumeInfo = r.Field("ContinuationObject", "ResumeInfo");
        Place = r.Field("AsyncResumeInfo", "DiagnosticIP");
    }

    public uint Next { get; }

    public uint ResumeInfo { get; }

    /// <summary>Of what a continuation refers to: the address of the await in the method's code.</summary>
    public uint Place { get; }

    /// <summary>The places of one piece of code are next to each other, this far apart; .NET 11.</summary>
    public const uint InfoBytes = 16;
}

/// <summary>Static variables that each thread has (.NET 11).</summary>
internal sealed class ThreadVariableLayout
{
    public ThreadVariableLayout(LayoutReader r)
    {
        r.Needs("Thread", RuntimeLayout.C1);
        OfThread = r.Field("Thread", "ThreadLocalDataPtr");
        Array = r.Field("ThreadLocalData", "NonCollectibleTlsArrayData");
        ArrayCount = r.Field("ThreadLocalData", "NonCollectibleTlsDataCount");
        // It is right before the runtime's data of a type.
        Index = r.Field("MethodTable", "AuxiliaryData");
        IndexBefore = r.SizeOf("ThreadStaticsInfo") - r.Field("ThreadStaticsInfo", "NonGCTlsIndex");
        LeftOut = (uint)r.Global("NumberOfTlsOffsetsNotUsedInNoncollectibleArray");
        Fields = r.Field("Module", "FieldDefToDescMap");
    }

    public uint OfThread { get; }

    public uint Array { get; }

    public uint ArrayCount { get; }

    /// <summary>Of a type: its data, which has the index of its variables so many bytes before it.</summary>
    public uint Index { get; }

    public uint IndexBefore { get; }

    public uint LeftOut { get; }

    /// <summary>Of a module: the map from tokens to fields.</summary>
    public uint Fields { get; }

    /// <summary>The highest bits of an index are its kind: in the thread's array, or in the thread itself; .NET 11.</summary>
    public const int KindShift = 24;

    public const uint InArray = 0, Direct = 2, Unused = 0xFFFFFFFF;
}
