using System.Runtime.InteropServices;

namespace Stackflare.Snapshots.Format;

// The records of the snapshot format. native/probe/wire/abi.h is the definition and documents each field.

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
    public fixed byte Address[SnapshotConstants.AddressBytes];
    public uint HeapLimitUs;
    public uint HeapMaxObjects;
    public uint HeapMaxCopied;
    public uint SeenCount;
    public uint Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal struct SeenRecord
{
    public ulong ThreadId;
    public long CpuNs;
    public uint OsId;
    public uint Reserved;
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

[StructLayout(LayoutKind.Sequential)]
internal struct InfoRecord : IRecord
{
    public readonly int FirstSize => 72;

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
internal struct ThreadRecord : IRecord
{
    public readonly int FirstSize => 56;

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
internal struct FrameRecord : IRecord
{
    public readonly int FirstSize => 24;

    public ulong Address;
    public uint Function;
    public int ILOffset;
    public FrameFlags Flags;
    public uint NativeOffset;

    /// <summary>The index plus 1 of a list in the section with IL places; 0 if not known, as in older versions.</summary>
    public uint ILPlaces;

    /// <summary>The IL offset plus 1 of the code after that of <see cref="ILOffset"/>; 0 if there is none, or if it is not known.</summary>
    public uint ILNext;
}

[StructLayout(LayoutKind.Sequential)]
internal struct FunctionRecord : IRecord
{
    public readonly int FirstSize => 56;

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
internal struct TypeRecord : IRecord
{
    public readonly int FirstSize => 32;

    public ulong ClassId;
    public uint Module;
    public uint Token;
    public uint ArgStart;
    public uint ArgCount;
    public TypeFlags Flags;
    public uint Rank;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ModuleRecord : IRecord
{
    public readonly int FirstSize => 72;

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
internal struct LockRecord : IRecord
{
    public readonly int FirstSize => 32;

    public ulong Object;
    public LockRecordKind Kind;
    public uint Owner;
    public uint Type;
    public uint Recursion;
    public uint Waiters;
    public LockFlags Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct WaitRecord : IRecord
{
    public readonly int FirstSize => 24;

    public uint Thread;
    public WaitRecordKind Kind;
    public uint Lock;
    public uint OtherThread;
    public int TimeoutMs;
    public uint Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal struct HeldRecord : IRecord
{
    public readonly int FirstSize => 16;

    public uint Thread;
    public uint Lock;
    public uint Frame;
    public HeldFlags Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ObjectRecord : IRecord
{
    public readonly int FirstSize => 32;

    public ulong Address;
    public ObjectRecordKind Kind;
    public uint Type;
    public uint Owner;
    public uint Upgrader;
    public int Count;
    public uint Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ReferenceRecord : IRecord
{
    public readonly int FirstSize => 16;

    public uint Thread;
    public uint Frame;
    public uint Object;
    public ReferenceFlags Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct BusyRecord : IRecord
{
    public readonly int FirstSize => 24;

    public uint Thread;
    public uint Reserved;
    public long CpuNs;
    public long WallNs;
    public long ReadyNs;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PoolRecord : IRecord
{
    public readonly int FirstSize => 32;

    public int Workers;
    public int Working;
    public int Min;
    public int Max;
    public long Queued;
    public long Completed;
    public long CompletedLater;
    public long QueuedLater;
}

[StructLayout(LayoutKind.Sequential)]
internal struct QueuedRecord : IRecord
{
    public readonly int FirstSize => 8;

    public uint Type;
    public uint Count;
}

[StructLayout(LayoutKind.Sequential)]
internal struct DueTimerRecord : IRecord
{
    public readonly int FirstSize => 24;

    public uint Function;
    public uint State;
    public uint Count;
    public DueTimerFlags Flags;
    public long LateMs;
}

[StructLayout(LayoutKind.Sequential)]
internal struct ExceptionRecord : IRecord
{
    public readonly int FirstSize => 16;

    public uint Thread;
    public uint Type;
    public uint MessageOffset;
    public uint MessageLength;
}

[StructLayout(LayoutKind.Sequential)]
internal struct BlockerRecord : IRecord
{
    public readonly int FirstSize => 24;

    public uint Thread;
    public int Call;
    public BlockerFlags Flags;
    public uint Reserved;
    public long SeenNs;
}
