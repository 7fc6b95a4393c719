using System.Runtime.InteropServices;

namespace Stackflare.Snapshots.Format;

internal enum HeapStatus : uint
{
    Unavailable = 0,
    Unknown = 1,

    /// <summary>In files of earlier versions, which did not search the heap of a program with much memory.</summary>
    TooLarge = 2,

    Refused = 3,
    Walked = 4,
    Collecting = 5,
    NeedsMain = 6,
}

[Flags]
internal enum HeapFlags : uint
{
    TimeTruncated = 1,
    ObjectsTruncated = 2,
    BytesTruncated = 4,
    PartLost = 8,
    Unreadable = 16,
    ReferencesTruncated = 32,
}

[Flags]
internal enum HeapObjectFlags : uint
{
    Method = 1,
    Pooled = 2,
    Task = 4,
    Completed = 8,
    Machine = 16,
    Source = 32,
    Array = 64,
    Timer = 128,
    Semaphore = 256,
    Truncated = 512,
    Continuation = 1024,
    Suspended = 2048,
    Detail = 4096,
    Text = 8192,
}

[Flags]
internal enum HeapLayoutFlags : uint
{
    Struct = 1,
    Fields = 2,
}

[StructLayout(LayoutKind.Sequential)]
internal struct HeapRecord : IRecord
{
    public readonly int FirstSize => 56;

    public HeapStatus Status;
    public int HResult;
    public HeapFlags Flags;
    public uint MethodCount;
    public ulong SeenObjects;
    public ulong HeapBytes;
    public long WalkNs;
    public long FollowNs;
    public long NowNs;
}

[StructLayout(LayoutKind.Sequential)]
internal struct HeapObjectRecord : IRecord
{
    public readonly int FirstSize => 24;

    public ulong Address;
    public uint Type;
    public HeapObjectFlags Flags;
    public uint BytesOffset;
    public uint BytesLength;
}

[StructLayout(LayoutKind.Sequential)]
internal struct HeapLayoutRecord : IRecord
{
    public readonly int FirstSize => 32;

    public uint Type;
    public uint Parent;
    public uint FirstField;
    public uint FieldCount;
    public uint FirstReference;
    public uint ReferenceCount;
    public uint Size;
    public HeapLayoutFlags Flags;
}

[StructLayout(LayoutKind.Sequential)]
internal struct HeapFieldRecord : IRecord
{
    public readonly int FirstSize => 8;

    public uint Token;
    public uint Offset;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PostedRecord : IRecord
{
    /// <summary>How many other threads of each kind are listed.</summary>
    public const int MaxOthers = 4;

    public readonly int FirstSize => 72;

    public ulong Context;
    public uint Thread;
    public uint Object;
    public uint Type;
    public uint Keeper;
    public PostedFlags Flags;
    public uint OtherCount;
    public fixed uint Others[MaxOthers];
    public uint HolderCount;
    public uint Reserved;
    public fixed uint Holders[MaxOthers];

    public readonly uint[] KnownOthers()
    {
        fixed (uint* others = Others)
            return new ReadOnlySpan<uint>(others, (int)Math.Min(OtherCount, MaxOthers)).ToArray();
    }

    public readonly uint[] KnownHolders()
    {
        fixed (uint* holders = Holders)
            return new ReadOnlySpan<uint>(holders, (int)Math.Min(HolderCount, MaxOthers)).ToArray();
    }
}

[StructLayout(LayoutKind.Sequential)]
internal struct RunningRecord : IRecord
{
    public readonly int FirstSize => 16;

    public uint Thread;
    public uint Object;
    public uint Frame;
    public uint Next;
}

[StructLayout(LayoutKind.Sequential)]
internal struct SuspensionRecord : IRecord
{
    public readonly int FirstSize => 16;

    public ulong ResumeInfo;
    public uint Frame;
    public uint Code;
}
