using System.Runtime.InteropServices;
using Stackflare.Snapshots.Format;

namespace Stackflare.Tests.Snapshots.Format;

/// <summary>Writes the bytes of snapshots, also such as no capture yields, for tests of the readers.</summary>
internal sealed class SnapshotBytes
{
    private readonly List<(SectionKind Kind, uint RecordSize, byte[] Bytes)> _sections = [];
    private readonly List<byte> _blob = [];

    public InfoRecord Info { get; set; } = new() { Phase = CapturePhase.Done, RuntimeMajor = 10, Flags = InfoFlags.Contract | InfoFlags.Locks };

    /// <summary>A small snapshot that has one of everything.</summary>
    public static byte[] Sample()
    {
        var builder = new SnapshotBytes();
        (uint nameAt, uint nameLength) = builder.Text("worker");
        (uint pathAt, uint pathLength) = builder.Text("/app/Shop.dll");
        (uint imageAt, uint imageLength) = builder.Bytes([1, 2, 3, 4]);
        builder.Add(SectionKind.Threads, new ThreadRecord
        {
            ThreadId = 1,
            OsId = 100,
            ManagedId = 1,
            FrameCount = 2,
            NameOffset = nameAt,
            NameLength = nameLength,
            ExceptionType = 0,
            CpuNs = 5,
            Flags = ThreadFlags.StateKnown,
        });
        builder.Add(SectionKind.Stacks, 0u, 1u);
        builder.Add(
            SectionKind.Frames,
            new FrameRecord { Address = 0x1000, Function = 0, ILOffset = 7, Flags = FrameFlags.Exact },
            new FrameRecord { Address = 0x2000, Function = SnapshotConstants.None, ILOffset = -1, Flags = FrameFlags.Native });
        builder.Add(SectionKind.Functions, new FunctionRecord
        {
            FunctionId = 9,
            Module = 0,
            Token = 0x06000001,
            DeclaringType = 0,
            TypeArgCount = 1,
            NameOffset = SnapshotConstants.None,
            TypeNameOffset = SnapshotConstants.None,
            SignatureOffset = SnapshotConstants.None,
        });
        builder.Add(SectionKind.Types, new TypeRecord { ClassId = 3, Module = 0, Token = 0x02000002 });
        builder.Add(SectionKind.TypeArgs, 0u);
        builder.Add(SectionKind.Modules, new ModuleRecord
        {
            ModuleId = 4,
            PathOffset = pathAt,
            PathLength = pathLength,
            ImageOffset = imageAt,
            ImageLength = imageLength,
            SymbolsOffset = SnapshotConstants.None,
            Flags = ModuleFlags.OnDisk,
        });
        builder.Add(
            SectionKind.Locks,
            new LockRecord { Object = 0x3000, Kind = LockRecordKind.Monitor, Owner = 0, Type = 0, Recursion = 1, Flags = LockFlags.Held | LockFlags.Thin },
            new LockRecord { Object = 0x4000, Kind = LockRecordKind.Lock, Owner = SnapshotConstants.None, Type = 0, Waiters = 1, Flags = LockFlags.WaitersKnown });
        builder.Add(SectionKind.Waits, new WaitRecord { Thread = 0, Kind = WaitRecordKind.LockEnter, Lock = 1, OtherThread = SnapshotConstants.None, TimeoutMs = 5 });
        builder.Add(SectionKind.Held, new HeldRecord { Thread = 0, Lock = 0, Frame = 1 });
        builder.Add(
            SectionKind.Objects,
            new ObjectRecord { Address = 0x5000, Kind = ObjectRecordKind.SemaphoreSlim, Type = 0, Owner = SnapshotConstants.None, Upgrader = SnapshotConstants.None, Count = 2 },
            new ObjectRecord { Address = 0x6000, Kind = ObjectRecordKind.ReaderWriterLockSlim, Type = 0, Owner = 0, Upgrader = SnapshotConstants.None });
        builder.Add(
            SectionKind.References,
            new ReferenceRecord { Thread = 0, Frame = 1, Object = 0, Flags = ReferenceFlags.Proven },
            new ReferenceRecord { Thread = 0, Frame = SnapshotConstants.None, Object = 1, Flags = ReferenceFlags.HoldsRead });
        builder.Add(SectionKind.Pool, new PoolRecord { Workers = 4, Working = 3, Min = 2, Max = 32767, Queued = 100, Completed = -1 });
        builder.Add(SectionKind.Blockers, new BlockerRecord { Thread = 0, Call = 202, SeenNs = 150_000_000 });
        builder.Add(SectionKind.Busy, new BusyRecord { Thread = 0, CpuNs = 3_000_000, WallNs = 4_000_000, ReadyNs = 900_000 });
        builder.Add(SectionKind.Heap, new HeapRecord { Status = HeapStatus.Walked, MethodCount = 1, SeenObjects = 100, WalkNs = 7, NowNs = 9 });
        builder.Add(
            SectionKind.HeapObjects,
            new HeapObjectRecord { Address = 0x5000, Type = 0, Flags = HeapObjectFlags.Method | HeapObjectFlags.Task, BytesLength = 24 },
            new HeapObjectRecord { Address = 0x6000, Type = SnapshotConstants.None, Flags = HeapObjectFlags.Task, BytesOffset = 24, BytesLength = 8 });
        builder.Add(SectionKind.HeapBytes, 1ul, 0x6000ul, 3ul, 4ul);
        builder.Add(SectionKind.HeapLayouts, new HeapLayoutRecord
        {
            Type = 0,
            Parent = SnapshotConstants.None,
            FieldCount = 2,
            ReferenceCount = 1,
            Size = 24,
            Flags = HeapLayoutFlags.Fields,
        });
        builder.Add(
            SectionKind.HeapFields,
            new HeapFieldRecord { Token = 0x04000001, Offset = 8 },
            new HeapFieldRecord { Token = 0x04000002, Offset = 16 });
        builder.Add(SectionKind.HeapReferences, 8u);
        builder.Add(SectionKind.Running, new RunningRecord { Thread = 0, Object = 0, Frame = 1 });
        return builder.Build();
    }

    public (uint Offset, uint Length) Text(string text) => Bytes(MemoryMarshal.AsBytes(text.AsSpan()));

    public (uint Offset, uint Length) Bytes(ReadOnlySpan<byte> bytes)
    {
        uint offset = (uint)_blob.Count;
        _blob.AddRange(bytes);
        return (offset, (uint)bytes.Length);
    }

    public void Add<T>(SectionKind kind, params ReadOnlySpan<T> records)
        where T : unmanaged =>
        _sections.Add((kind, (uint)Marshal.SizeOf<T>(), MemoryMarshal.AsBytes(records).ToArray()));

    public void Add(FileSection section) => _sections.Add((section.Kind, (uint)section.RecordSize, section.Bytes));

    public byte[] Build()
    {
        InfoRecord info = Info;
        var sections = new List<(SectionKind Kind, uint RecordSize, byte[] Bytes)>
        {
            (SectionKind.Info, (uint)Marshal.SizeOf<InfoRecord>(), MemoryMarshal.AsBytes(new ReadOnlySpan<InfoRecord>(ref info)).ToArray()),
        };
        sections.AddRange(_sections);
        sections.Add((SectionKind.Blob, 1, _blob.ToArray()));
        return Join(sections);
    }

    /// <summary>The sections that were added and no others.</summary>
    public byte[] Whole() => Join(_sections);

    private static byte[] Join(List<(SectionKind Kind, uint RecordSize, byte[] Bytes)> sections)
    {
        int headerSize = Marshal.SizeOf<HeaderRecord>(), entrySize = Marshal.SizeOf<DirectoryEntry>();
        int offset = headerSize + (sections.Count * entrySize);
        var result = new byte[offset + sections.Sum(s => (s.Bytes.Length + 7) & ~7)];
        var header = new HeaderRecord
        {
            Magic = SnapshotConstants.Magic,
            VersionMajor = SnapshotConstants.VersionMajor,
            VersionMinor = SnapshotConstants.VersionMinor,
            SectionCount = (uint)sections.Count,
            TotalSize = (ulong)result.Length,
        };
        MemoryMarshal.Write(result, header);
        for (int i = 0; i < sections.Count; i++)
        {
            (SectionKind kind, uint recordSize, byte[] bytes) = sections[i];
            var entry = new DirectoryEntry { Kind = kind, RecordSize = recordSize, Offset = (ulong)offset, Length = (ulong)bytes.Length };
            MemoryMarshal.Write(result.AsSpan(headerSize + (i * entrySize)), entry);
            bytes.CopyTo(result, offset);
            offset += (bytes.Length + 7) & ~7;
        }
        return result;
    }
}
