namespace Stackflare.Runtime;

// Groups of the table for compiled code: see RuntimeLayout.

/// <summary>Where compiled code is, and the method that it belongs to.</summary>
internal sealed class CodeLayout
{
    public CodeLayout(LayoutReader r)
    {
        r.Needs("ExecutionManager", "2", RuntimeLayout.C1);
        Map = r.Global("ExecutionManagerCodeRangeMapAddress") + r.Field("RangeSectionMap", "TopLevelData");
        FragmentBegin = r.Field("RangeSectionFragment", "RangeBegin");
        FragmentEnd = r.Field("RangeSectionFragment", "RangeEndOpen");
        FragmentSection = r.Field("RangeSectionFragment", "RangeSection");
        FragmentNext = r.Field("RangeSectionFragment", "Next");
        SectionBegin = r.Field("RangeSection", "RangeBegin");
        SectionFlags = r.Field("RangeSection", "Flags");
        SectionHeaps = r.Field("RangeSection", "HeapList");
        SectionModule = r.Field("RangeSection", "R2RModule");
        HeapStart = r.Field("CodeHeapListNode", "StartAddress");
        HeapEnd = r.Field("CodeHeapListNode", "EndAddress");
        HeapBase = r.Field("CodeHeapListNode", "MapBase");
        HeapMap = r.Field("CodeHeapListNode", "HeaderMap");
        LastStub = r.Global("StubCodeBlockLast");
        HeaderMethod = r.Field("RealCodeHeader", "MethodDesc");
        HeaderUnwindCount = r.Field("RealCodeHeader", "NumUnwindInfos");
        HeaderUnwind = r.Field("RealCodeHeader", "UnwindInfos");
        // .NET 10.0 does not describe it.
        HeaderDebug = r.Field("RealCodeHeader", "DebugInfo", Tried(0));
        // Neither these, which are about the blocks of a method that handle exceptions.
        HeaderClauses = r.Field("RealCodeHeader", "EHInfo", Tried(8));
        Clauses = r.Field("EEILException", "Clauses", Tried(8));
        ClauseBytes = r.Field("EEExceptionClause", "!", Tried(32));
        ClauseFlags = r.Field("EEExceptionClause", "Flags", Tried(0));
        ClauseFilter = r.Field("EEExceptionClause", "TypeHandle", Tried(24));
        FunctionBytes = r.SizeOf("RuntimeFunction");
        FunctionBegin = r.Field("RuntimeFunction", "BeginAddress");
        FunctionEnd = r.Field("RuntimeFunction", "EndAddress");
        FunctionUnwind = r.Field("RuntimeFunction", "UnwindData");
        HasRichDebugInfo = r.Has("DebugInfo", RuntimeLayout.C1);
        HasKnownDebugInfo = HasRichDebugInfo || (r.Has("ExecutionManager", "2") && r.Lacks("DebugInfo"));

        uint? Tried(uint offset) => r.Has("ExecutionManager", "2") ? offset : null;
    }

    /// <summary>The address of the topmost table of the map from addresses to sections.</summary>
    public ulong Map { get; }

    public uint FragmentBegin { get; }

    public uint FragmentEnd { get; }

    public uint FragmentSection { get; }

    public uint FragmentNext { get; }

    public uint SectionBegin { get; }

    public uint SectionFlags { get; }

    public uint SectionHeaps { get; }

    public uint SectionModule { get; }

    public uint HeapStart { get; }

    public uint HeapEnd { get; }

    public uint HeapBase { get; }

    public uint HeapMap { get; }

    /// <summary>A code header up to this number is not an address but the kind of a stub.</summary>
    public ulong LastStub { get; }

    public uint HeaderMethod { get; }

    public uint HeaderUnwindCount { get; }

    public uint HeaderUnwind { get; }

    public uint HeaderDebug { get; }

    /// <summary>The list of a method's blocks; 0 if it has none. The number of the blocks is the word before it.</summary>
    public uint HeaderClauses { get; }

    public uint Clauses { get; }

    public uint ClauseBytes { get; }

    public uint ClauseFlags { get; }

    /// <summary>Where the code of a filter begins in the method.</summary>
    public uint ClauseFilter { get; }

    public uint FunctionBytes { get; }

    public uint FunctionBegin { get; }

    public uint FunctionEnd { get; }

    public uint FunctionUnwind { get; }

    /// <summary>Whether the compiler's map from code to IL has the format of .NET 11. Otherwise, that of .NET 10.0.</summary>
    public bool HasRichDebugInfo { get; }

    /// <summary>Whether that format is one of the two. Otherwise, code has no IL offsets.</summary>
    public bool HasKnownDebugInfo { get; }

    /// <summary>The levels of the map, the bits of an address for each, and the lowest of them: contract ExecutionManager 1, 2 and c1.</summary>
    public const int MapLevels = 5, MapLevelBits = 8, MapLowestBit = 17;

    /// <summary>The lowest bit of a pointer in the map marks a section that is being removed.</summary>
    public const ulong MapMark = 1;

    /// <summary>Of the flags of a section: it has code heaps, or only stubs.</summary>
    public const uint SectionIsCodeHeap = 2;

    /// <summary>Of the flags of a block: it has a filter. ECMA-335, II.25.4.6</summary>
    public const uint ClauseHasFilter = 1;

    /// <summary>
    /// The map of a code heap: 4 bits for each 32 bytes, with the place of a method's start in units of 4 bytes, from 1; eight of them in a word, the
    /// first in the highest bits. A word whose lowest 4 bits are above 8 is instead the place of the method that contains all 256 bytes: contract
    /// ExecutionManager 2 and c1.
    /// </summary>
    public const int MapUnitBits = 5, MapStepBits = 2, MapWordUnits = 8, MapNibbleBits = 4;

    public const uint MapNibble = 0xF, MapIsPlace = 8, MapPlaceBias = 9;
}

/// <summary>Code in the images of libraries.</summary>
internal sealed class ReadyToRunLayout
{
    public ReadyToRunLayout(LayoutReader r)
    {
        r.Needs("ExecutionManager", "2", RuntimeLayout.C1);
        Info = r.Field("Module", "ReadyToRunInfo");
        Header = r.Field("ReadyToRunInfo", "ReadyToRunHeader");
        Composite = r.Field("ReadyToRunInfo", "CompositeInfo");
        FunctionCount = r.Field("ReadyToRunInfo", "NumRuntimeFunctions");
        Functions = r.Field("ReadyToRunInfo", "RuntimeFunctions");
        ColdCount = r.Field("ReadyToRunInfo", "NumHotColdMap");
        ColdMap = r.Field("ReadyToRunInfo", "HotColdMap");
        Thunks = r.Field("ReadyToRunInfo", "DelayLoadMethodCallThunks");
        EntryPoints = r.Field("ReadyToRunInfo", "EntryPointToMethodDescMap");
        DirectoryAddress = r.Field("ImageDataDirectory", "VirtualAddress");
        DirectorySize = r.Field("ImageDataDirectory", "Size");
        Buckets = r.Field("HashMap", "Buckets");
        BucketBytes = r.SizeOf("Bucket");
        BucketKeys = r.Field("Bucket", "Keys");
        BucketValues = r.Field("Bucket", "Values");
        SlotsPerBucket = r.Global("HashMapSlotsPerBucket");
        ValueMask = r.Global("HashMapValueMask");
    }

    public uint Info { get; }

    public uint Header { get; }

    public uint Composite { get; }

    public uint FunctionCount { get; }

    public uint Functions { get; }

    public uint ColdCount { get; }

    public uint ColdMap { get; }

    public uint Thunks { get; }

    public uint EntryPoints { get; }

    public uint DirectoryAddress { get; }

    public uint DirectorySize { get; }

    public uint Buckets { get; }

    public uint BucketBytes { get; }

    public uint BucketKeys { get; }

    public uint BucketValues { get; }

    public ulong SlotsPerBucket { get; }

    public ulong ValueMask { get; }

    /// <summary>The header in the image: the number of sections, then each with its kind and its place. docs/design/coreclr/botr/readytorun-format.md</summary>
    public const uint SectionCount = 12, Sections = 16, SectionBytes = 12, SectionPlace = 4, SectionSize = 8, ExceptionSection = 104, DebugInfoSection = 105;

    /// <summary>
    /// The section of exceptions: pairs of the place of a method and that of its blocks, sorted; the last pair marks the end. A block has flags, the
    /// places of its code, and that of its filter. The same document.
    /// </summary>
    public const uint ExceptionBytes = 8, ExceptionClauses = 4, ClauseBytes = 24, ClauseFlags = 0, ClauseFilter = 20;

    /// <summary>The first words of debug info are found through groups of functions: the same document, "sparse array".</summary>
    public const uint GroupFunctions = 16;

    /// <summary>Smaller keys of the runtime's hash map have a meaning of their own, and are moved up: contract ExecutionManager, HashMap.</summary>
    public const ulong SmallestKey = 2, KeyShift = 100;

    /// <summary>How the hash map computes the first bucket and the step to the next from a key, how far values are shifted, and a limit on slots: the same.</summary>
    public const int SeedShift = 2, StepShift = 5, ValueShift = 1, MaxSlots = 16;
}

/// <summary>The compiler's map from code to IL: contract DebugInfo c1; that of .NET 10.0 was found by trying.</summary>
internal static class DebugInfoLayout
{
    /// <summary>IL offsets have these added: they begin with marks for code without IL, for the prolog and for the epilog.</summary>
    public const int FirstIL = 3, Prolog = -2;

    /// <summary>The bits of an entry that say what kind of place it is, and the one of a call. Those are places for debuggers only.</summary>
    public const int KindBits = 2, RichKindBits = 3, IsCall = 1;

    /// <summary>Of the first byte of .NET 10.0: what comes before the map. The first is 40 bytes and 4 for each local variable, whose number is at 16.</summary>
    public const byte HasPatchpoints = 1, HasInlineTree = 2;

    public const uint PatchpointBytes = 40, PatchpointLocals = 16, LocalBytes = 4;

    /// <summary>A header that begins with a zero has these sizes: of the map, and of five other parts.</summary>
    public const int OtherParts = 5;

    /// <summary>The bits of a number in each half of a byte. One more bit says that the number goes on.</summary>
    public const int NumberBits = 3, MaxNumberParts = 11;
}
