using System.Runtime.InteropServices;

namespace Stackflare.Snapshots.Format;

/// <summary>Constants of the snapshot format. The mirror of <c>native/probe/wire/abi.h</c>, which is the definition.</summary>
internal static class SnapshotLayout
{
    public const ulong Magic = 0x50414E5346544B53;
    public const ushort VersionMajor = 1;
    public const ushort VersionMinor = 3;
    public const uint None = 0xFFFFFFFF;
    public const int AddressBytes = 108;

    /// <summary>Of a wait: no timeout.</summary>
    public const int WaitInfinite = -1;

    /// <summary>Of a wait: what timeout it has is not known.</summary>
    public const int WaitTimeoutUnknown = int.MinValue;

    /// <summary>Of an object: what it counts is not known.</summary>
    public const int CountUnknown = int.MinValue;

    /// <summary>The most bytes of one name or path.</summary>
    public const int LongestText = 1 << 16;

    /// <summary>Reads UTF-16 text whose place was checked.</summary>
    public static string Text(ReadOnlyMemory<byte> blob, uint offset, uint length) =>
        new(MemoryMarshal.Cast<byte, char>(blob.Span.Slice((int)offset, (int)length)));
}

internal enum SectionKind : uint
{
    Info = 1,
    Threads = 2,
    Stacks = 3,
    Frames = 4,
    Functions = 5,
    Types = 6,
    TypeArgs = 7,
    Modules = 8,
    Blob = 9,
    Locks = 10,
    Waits = 11,
    Held = 12,
    Objects = 13,
    References = 14,
    Busy = 15,
    Pool = 16,
    Blockers = 17,
    Heap = 20,
    HeapObjects = 21,
    HeapBytes = 22,
    HeapLayouts = 23,
    HeapFields = 24,
    HeapReferences = 25,
    Running = 26,
    Suspensions = 27,
}

internal enum ProfilerClass : uint
{
    Beside = 0,
    Main = 1,
}

[Flags]
internal enum RequestFlags : uint
{
    CopyImages = 1,
    Heap = 2,
    Enumerate = 4,
}

internal enum CapturePhase : uint
{
    Start = 0,
    Memory = 1,
    Suspend = 2,
    Enumerate = 3,
    Done = 100,
}

[Flags]
internal enum InfoFlags : uint
{
    Contract = 1,
    ThreadsTruncated = 2,
    FramesTruncated = 4,
    TimeTruncated = 8,
    TablesTruncated = 16,
    DebugInfoOff = 32,
    Locks = 64,
    LocksTruncated = 128,
    SuspendRefused = 256,
    SuspendCalledOff = 512,
}

[Flags]
internal enum ThreadFlags : uint
{
    Truncated = 1,
    NotWalked = 2,
    NoFrames = 4,
    WalkFailed = 8,
    StateKnown = 16,
    Interrupted = 32,
    Cooperative = 64,
}

[Flags]
internal enum BlockerFlags : uint
{
    Running = 1,
    Stopped = 2,
}

[Flags]
internal enum FrameFlags : uint
{
    Native = 1,
    Exact = 2,
    OffsetLost = 4,
    ReJit = 8,
    Await = 16,
}

[Flags]
internal enum FunctionFlags : uint
{
    Dynamic = 1,
    Named = 2,
    ArgsTruncated = 4,
}

[Flags]
internal enum TypeFlags : uint
{
    Array = 1,
    Unknown = 2,
}

[Flags]
internal enum ModuleFlags : uint
{
    OnDisk = 1,
    Dynamic = 2,
    Collectible = 4,
    Flat = 8,
    Mvid = 16,
    ImageTruncated = 32,
}

internal enum LockRecordKind : uint
{
    Monitor = 1,
    Lock = 2,
}

[Flags]
internal enum LockFlags : uint
{
    Held = 1,
    WaitersKnown = 2,
    Thin = 4,
    FromStack = 8,
    OwnerEnded = 16,
}

internal enum WaitRecordKind : uint
{
    MonitorEnter = 1,
    MonitorWait = 2,
    LockEnter = 3,
    Join = 4,
}

[Flags]
internal enum HeldFlags : uint
{
    Ambiguous = 1,
}

internal enum ObjectRecordKind : uint
{
    SemaphoreSlim = 1,
    EventSlim = 2,
    ReaderWriterLockSlim = 3,
    Task = 4,
    WaitHandle = 5,
    CountdownEvent = 6,
    Barrier = 7,
}

[Flags]
internal enum ReferenceFlags : uint
{
    Proven = 1,
    HoldsRead = 2,
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RequestRecord
{
    public ulong Magic;
    public ushort VersionMajor;
    public ushort VersionMinor;
    public RequestFlags Flags;
    public ulong Nonce;
    public uint MaxThreads;
    public uint MaxThreadFrames;
    public uint MaxTotalFrames;
    public uint MaxImageBytes;
    public uint SuspendTimeoutMs;
    public uint PauseLimitUs;
    public uint SendTimeoutMs;
    public uint AddressLength;
    public fixed byte Address[SnapshotLayout.AddressBytes];
    public uint HeapLimitUs;
    public uint HeapMaxObjects;
    public uint HeapMaxCopied;
    public ulong HeapMaxBytes;
}

[StructLayout(LayoutKind.Sequential)]
internal struct HeaderRecord
{
    public ulong Magic;
    public ushort VersionMajor;
    public ushort VersionMinor;
    public uint SectionCount;
    public ulong TotalSize;
    public ulong Nonce;
}

[StructLayout(LayoutKind.Sequential)]
internal struct DirectoryEntry
{
    public SectionKind Kind;
    public uint RecordSize;
    public ulong Offset;
    public ulong Length;
}

/// <summary>Parts of a dump that hang on how a runtime lays out its own data.</summary>
[Flags]
internal enum SnapshotParts : uint
{
    Threads = 1 << 0,
    Exceptions = 1 << 1,
    Locks = 1 << 2,
    Objects = 1 << 3,
    Pool = 1 << 4,
    Async = 1 << 5,
    Collectible = 1 << 6,
    Symbols = 1 << 7,
    Suspension = 1 << 8,
    Busy = 1 << 9,
}

[StructLayout(LayoutKind.Sequential)]
internal struct InfoRecord : IRecord<InfoRecord>
{
    public static int FirstSize => 72;

    public CapturePhase Phase;
    public int HResult;
    public InfoFlags Flags;
    public uint Pid;
    public ushort RuntimeMajor;
    public ushort RuntimeMinor;
    public ushort RuntimeBuild;
    public ushort RuntimeRevision;
    public uint SuspendRetries;
    public uint ThreadTotal;
    public long CapturedAtNs;
    public long SuspendNs;
    public long WalkNs;
    public long PauseNs;
    public long ResolveNs;
    public long LocksNs;
    public SnapshotParts Lacking;
    public uint Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ThreadRecord : IRecord<ThreadRecord>
{
    public static int FirstSize => 56;

    public ulong ThreadId;
    public uint OsId;
    public uint ManagedId;
    public uint State;
    public ThreadFlags Flags;
    public uint FirstFrame;
    public uint FrameCount;
    public uint NameOffset;
    public uint NameLength;
    public uint ExceptionType;
    public int HResult;
    public long CpuNs;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FrameRecord : IRecord<FrameRecord>
{
    public static int FirstSize => 24;

    public ulong Address;
    public uint Function;
    public int ILOffset;
    public FrameFlags Flags;
    public uint NativeOffset;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FunctionRecord : IRecord<FunctionRecord>
{
    public static int FirstSize => 56;

    public ulong FunctionId;
    public uint Module;
    public uint Token;
    public uint DeclaringType;
    public uint TypeArgStart;
    public uint TypeArgCount;
    public FunctionFlags Flags;
    public uint NameOffset;
    public uint NameLength;
    public uint TypeNameOffset;
    public uint TypeNameLength;
    public uint SignatureOffset;
    public uint SignatureLength;
}

[StructLayout(LayoutKind.Sequential)]
internal struct TypeRecord : IRecord<TypeRecord>
{
    public static int FirstSize => 32;

    public ulong ClassId;
    public uint Module;
    public uint Token;
    public uint ArgStart;
    public uint ArgCount;
    public TypeFlags Flags;
    public uint Rank;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ModuleRecord : IRecord<ModuleRecord>
{
    public static int FirstSize => 72;

    public ulong ModuleId;
    public ulong BaseAddress;
    public ulong AssemblyId;
    public Guid Mvid;
    public ModuleFlags Flags;
    public uint PathOffset;
    public uint PathLength;
    public uint ImageOffset;
    public uint ImageLength;
    public uint SymbolsOffset;
    public uint SymbolsLength;
    public uint Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal struct LockRecord : IRecord<LockRecord>
{
    public static int FirstSize => 32;

    public ulong Object;
    public LockRecordKind Kind;
    public uint Owner;
    public uint Type;
    public uint Recursion;
    public uint Waiters;
    public LockFlags Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct WaitRecord : IRecord<WaitRecord>
{
    public static int FirstSize => 24;

    public uint Thread;
    public WaitRecordKind Kind;
    public uint Lock;
    public uint OtherThread;
    public int TimeoutMs;
    public uint Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal struct HeldRecord : IRecord<HeldRecord>
{
    public static int FirstSize => 16;

    public uint Thread;
    public uint Lock;
    public uint Frame;
    public HeldFlags Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ObjectRecord : IRecord<ObjectRecord>
{
    public static int FirstSize => 32;

    public ulong Address;
    public ObjectRecordKind Kind;
    public uint Type;
    public uint Owner;
    public uint Upgrader;
    public int Count;
    public uint Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ReferenceRecord : IRecord<ReferenceRecord>
{
    public static int FirstSize => 16;

    public uint Thread;
    public uint Frame;
    public uint Object;
    public ReferenceFlags Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct BusyRecord : IRecord<BusyRecord>
{
    public static int FirstSize => 24;

    public uint Thread;
    public uint Reserved;
    public long CpuNs;
    public long WallNs;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PoolRecord : IRecord<PoolRecord>
{
    public static int FirstSize => 32;

    public int Workers;
    public int Working;
    public int Min;
    public int Max;
    public long Queued;
    public long Completed;
}

[StructLayout(LayoutKind.Sequential)]
internal struct BlockerRecord : IRecord<BlockerRecord>
{
    public static int FirstSize => 24;

    public uint Thread;
    public int Call;
    public BlockerFlags Flags;
    public uint Reserved;
    public long SeenNs;
}
