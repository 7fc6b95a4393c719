using System.Runtime.InteropServices;

namespace Stackflare.Snapshots.Format;

/// <summary>Constants of the snapshot format. <c>native/probe/wire/abi.h</c> is the definition.</summary>
internal static class SnapshotConstants
{
    public const ulong Magic = 0x50414E5346544B53;
    public const ushort VersionMajor = 1;
    public const ushort VersionMinor = 3;
    public const uint None = 0xFFFFFFFF;
    public const int AddressBytes = 108;

    /// <summary>How many threads of the last sample a request can name.</summary>
    public const int MostSeen = 2000;

    /// <summary>Timeout of a wait: none.</summary>
    public const int WaitInfinite = -1;

    /// <summary>Timeout of a wait: not known.</summary>
    public const int WaitTimeoutUnknown = int.MinValue;

    /// <summary>Count of an object: not known.</summary>
    public const int CountUnknown = int.MinValue;

    /// <summary>Maximum length of a name or path in bytes.</summary>
    public const int LongestText = 1 << 16;

    /// <summary>Reads UTF-16 text whose position was checked.</summary>
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
    ILPlaces = 19,
    Heap = 20,
    HeapObjects = 21,
    HeapBytes = 22,
    HeapLayouts = 23,
    HeapFields = 24,
    HeapReferences = 25,
    Running = 26,
    Suspensions = 27,
    Exceptions = 28,
    Queued = 29,
    Posted = 30,
    DueTimers = 31,
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
    Hold = 8,
    Sample = 16,
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
    Sample = 1024,
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
    HasNotRun = 128,
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
    Call = 32,
}

[Flags]
internal enum DueTimerFlags : uint
{
    Truncated = 1,
}

[Flags]
internal enum FunctionFlags : uint
{
    Dynamic = 1,
    Named = 2,
    ArgsTruncated = 4,
    Native = 8,
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
    Runs = 4,
}

/// <summary>Parts of a dump that depend on the runtime's private data layout.</summary>
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
    Calls = 1 << 10,
}

[Flags]
internal enum PostedFlags : uint
{
    SeenHere = 1 << 0,
    Scheduler = 1 << 1,
}
