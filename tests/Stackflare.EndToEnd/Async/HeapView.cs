using System.Buffers.Binary;
using Stackflare.Capture;
using Stackflare.Capture.Probe;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>The heap's part of a snapshot, read as whoever makes stacks of it has to: with nothing but what is in it and the metadata.</summary>
internal sealed class HeapView
{
    private const string State = "<>1__state", Awaiter = "<>u__", Number = "number";

    private static readonly byte[] Probe = File.ReadAllBytes(TestPaths.Probe);

    private readonly Dictionary<ulong, int> _indexes;
    private readonly Dictionary<uint, HeapLayoutRecord> _layouts;

    private HeapView(RawSnapshot snapshot)
    {
        Snapshot = snapshot;
        Heap = snapshot.Heap!;
        _indexes = Heap.Objects.Index().ToDictionary(o => o.Item.Address, o => o.Index);
        _layouts = Heap.Layouts.ToDictionary(l => l.Type);
        using var names = new MetadataNames(snapshot);
        Methods = [.. Heap.Objects.Where(IsWaiting).Select(o => Read(o, names)).OfType<AsyncMethod>()];
        TypeNames = Heap.Objects.ToDictionary(o => o.Address, o => names.TypeOf(o.Type));
    }

    public RawSnapshot Snapshot { get; }

    public RawHeap Heap { get; }

    public IReadOnlyList<AsyncMethod> Methods { get; }

    /// <summary>Of methods with a parameter of that name, by their boxes' addresses.</summary>
    public Dictionary<ulong, int> Numbers { get; } = [];

    /// <summary>Of each object, by its address.</summary>
    public IReadOnlyDictionary<ulong, string> TypeNames { get; }

    public static Func<RawSnapshot> Snapshots(TargetProcess target, HeapLimits? limits = null) =>
        Snapshots(target, new CaptureOptions { Heap = limits ?? new HeapLimits { Pause = TimeSpan.FromSeconds(5) } });

    public static Func<RawSnapshot> SnapshotsWithoutHeap(TargetProcess target) => Snapshots(target, new CaptureOptions { AsyncStacks = AsyncStackMode.Never });

    private static Func<RawSnapshot> Snapshots(TargetProcess target, CaptureOptions options)
    {
        var capture = new ProcessCapture(Processes.TargetProcess.Inspect(target.Pid), _ => Probe, options.WithPatience(), []);
        return () => capture.Source.TakeRecords(options.WithPatience(), TestContext.Current.CancellationToken);
    }

    /// <summary>The same as who makes stacks of it sees it.</summary>
    public static Snapshot Whole(TargetProcess target) =>
        SnapshotDecoder.Decode(Snapshots(target)(), ProcessFacts.Inspect(target.Pid, new Processes.KernelTasks(target.Pid)), []);

    public static HeapView Of(TargetProcess target) => Of(Snapshots(target)());

    /// <param name="snapshot">A snapshot with a heap.</param>
    /// <param name="borne">What may have been cut off of it.</param>
    public static HeapView Of(RawSnapshot snapshot, HeapFlags borne = default)
    {
        Assert.NotNull(snapshot.Heap);
        Assert.Equal((HeapStatus.Walked, default(HeapFlags)), (snapshot.Heap.Info.Status, snapshot.Heap.Info.Flags & ~borne));
        return new HeapView(snapshot);
    }

    /// <summary>The index of the object at an address; negative when it was not copied.</summary>
    public int Find(ulong address) => _indexes.GetValueOrDefault(address, -1);

    /// <summary>The word at an offset of an object; zero for one that was not copied.</summary>
    public ulong Word(in HeapObjectRecord entry, ulong offset) => offset + sizeof(ulong) <= entry.BytesLength
        ? BinaryPrimitives.ReadUInt64LittleEndian(Heap.Bytes.Span[(int)(entry.BytesOffset + offset)..])
        : 0;

    public IEnumerable<AsyncMethod> Named(string name) => Methods.Where(m => m.Name == name);

    public AsyncMethod? MethodAt(ulong address) => Methods.SingleOrDefault(m => m.Record.Address == address);

    /// <summary>What an object refers to, of that which was copied.</summary>
    public IEnumerable<HeapObjectRecord> ReferencesOf(ulong address)
    {
        HeapObjectRecord entry = Heap.Objects[Find(address)];
        IEnumerable<uint> offsets = entry.Flags.HasFlag(HeapObjectFlags.Array)
            ? Enumerable.Range(2, ((int)entry.BytesLength / 8) - 2).Select(word => (uint)word * 8)
            : Heap.ReferencesOf(_layouts[entry.Type]).ToArray();
        return from offset in offsets
               let index = Find(Word(entry, offset))
               where index >= 0
               select Heap.Objects[index];
    }

    private static bool IsWaiting(HeapObjectRecord entry) =>
        entry.Flags.HasFlag(HeapObjectFlags.Method) && !entry.Flags.HasFlag(HeapObjectFlags.Completed);

    /// <summary>Null for a box that lies in its pool without a state machine.</summary>
    private AsyncMethod? Read(HeapObjectRecord box, MetadataNames names)
    {
        TypeRecord type = Snapshot.Types[box.Type];
        uint machineType = Snapshot.TypeArgs[type.ArgStart + type.ArgCount - 1];
        HeapLayoutRecord machine = _layouts[machineType];
        uint at = FieldAt(box.Type, "StateMachine", names);
        HeapObjectRecord holder = box;
        if (!machine.Flags.HasFlag(HeapLayoutFlags.Struct))
        {
            int found = Find(Word(box, at));
            if (found < 0 && box.Flags.HasFlag(HeapObjectFlags.Pooled))
                return null;
            holder = Heap.Objects[found];
            Assert.True(holder.Flags.HasFlag(HeapObjectFlags.Machine));
            at = 0;
        }

        uint[] references = Heap.ReferencesOf(_layouts[holder.Type]).ToArray();
        HeapFieldRecord[] fields = Heap.FieldsOf(machine).ToArray();
        var awaited = new List<ulong>();
        int state = int.MinValue;
        for (int i = 0; i < fields.Length; i++)
        {
            string name = names.FieldOf(machineType, fields[i].Token);
            ulong begin = (ulong)at + fields[i].Offset, end = i + 1 < fields.Length ? (ulong)at + fields[i + 1].Offset : (ulong)at + machine.Size;
            if (name == State)
                state = (int)Word(holder, begin);
            else if (name == Number)
                Numbers[box.Address] = (int)(Word(holder, begin - 4) >> 32);
            else if (name.StartsWith(Awaiter, StringComparison.Ordinal))
                awaited.AddRange(references.Where(r => r >= begin && r < end).Select(r => Word(holder, r)).Where(word => word != 0));
        }

        string method = names.TypeOf(machineType);
        method = method.StartsWith('<') ? method[1..method.LastIndexOf('>')] : method;
        return new AsyncMethod(box, method, state, at == 0 ? holder.Address : 0, awaited);
    }

    /// <summary>The offset of a field that the type or one that it is derived from declares.</summary>
    private uint FieldAt(uint type, string name, MetadataNames names)
    {
        for (uint at = type; at != SnapshotConstants.None; at = _layouts[at].Parent)
        {
            foreach (HeapFieldRecord field in Heap.FieldsOf(_layouts[at]))
            {
                if (names.FieldOf(at, field.Token) == name)
                    return field.Offset;
            }
        }

        throw new InvalidDataException($"no field {name}");
    }
}
