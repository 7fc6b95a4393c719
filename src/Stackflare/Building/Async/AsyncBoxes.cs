using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>Finds the async methods among the copied objects, and reads where each one waits and for what.</summary>
internal sealed class AsyncBoxes
{
    /// <summary>The awaiter of <see cref="Task.Yield"/>, which contains no references.</summary>
    public const string Yield = "YieldAwaiter";

    private readonly Snapshot _snapshot;
    private readonly HeapObjects _objects;
    private readonly MachineLayout?[] _layouts;
    private readonly Dictionary<int, MachineLayout?> _machines = [];
    private readonly bool[] _looked;
    private readonly int[] _boxOfObject;
    private readonly List<AsyncBox> _boxes = [];
    private readonly SuspendedMethods _suspended;
    private readonly HashSet<int> _running = [];
    private int _references;

    public AsyncBoxes(Snapshot snapshot, HeapObjects objects)
    {
        (_snapshot, _objects) = (snapshot, objects);
        _layouts = new MachineLayout?[snapshot.Types.Length];
        _looked = new bool[snapshot.Types.Length];
        _boxOfObject = new int[objects.Count];
        Array.Fill(_boxOfObject, -1);
        foreach (ref readonly RunningMethod running in objects.Heap.Running.AsSpan())
            _running.Add(running.Object);
        for (int i = 0; i < objects.Count; i++)
        {
            if (objects.Is(i, HeapObjectTraits.Method) && !objects.Is(i, HeapObjectTraits.Completed))
                Read(i);
        }
        _suspended = new SuspendedMethods(snapshot, objects, _boxes, _boxOfObject);
    }

    public IReadOnlyList<AsyncBox> All => _boxes;

    /// <summary>The number of the method whose box or state machine the object is; negative for other objects.</summary>
    public int IndexOf(int index) => index < 0 ? -1 : _boxOfObject[index];

    /// <summary>The number of the method that a thread runs; negative if the method's state says that it does not run.</summary>
    public int IndexOf(in RunningMethod running)
    {
        int box = _objects.Is(running.Object, HeapObjectTraits.Suspended) ? _suspended.RunOf(running.Object) : IndexOf(running.Object);
        return box >= 0 && _boxes[box].State == AsyncBox.Running ? box : -1;
    }

    /// <summary>
    /// The awaited object of a task with runtime-suspended methods, if no method is in between; otherwise 0.
    /// </summary>
    public ulong PassedOnTo(int task) => _suspended.PassedOnTo(task);

    /// <summary>
    /// What a method that waits has in memory: its state machine, or the continuation that the runtime made. It does not change while the method waits.
    /// Empty if it was not copied completely.
    /// </summary>
    public ReadOnlyMemory<byte> VariablesOf(int method)
    {
        AsyncBox box = _boxes[method];
        ref readonly HeapObject entry = ref _objects[box.Object];
        if (_objects.Is(box.Object, HeapObjectTraits.Truncated))
            return default;
        if (box.Machine is null)
            return entry.Bytes;
        if (LayoutOf(entry.Type) is not { } layout || layout.At >= (ulong)entry.Bytes.Length)
            return default;
        if (!layout.IsObject)
            return entry.Bytes.Slice((int)layout.At, (int)Math.Min((ulong)entry.Bytes.Length - layout.At, _objects.Heap.LayoutOf(layout.Type)?.Size ?? 0));
        int holder = _objects.Find(SnapshotHeap.Word(entry, layout.At));
        return holder < 0 || _objects.Is(holder, HeapObjectTraits.Truncated) ? default : _objects[holder].Bytes;
    }

    /// <summary>Whether the state of a method can be read: the names of the fields of its box are known.</summary>
    public bool CanRead(int index) => !_objects.Is(index, HeapObjectTraits.Method) || LayoutOf(_objects[index].Type) is not null;

    private void Read(int index)
    {
        ref readonly HeapObject box = ref _objects[index];
        if (LayoutOf(box.Type) is not { } layout)
            return;
        int holder = layout.IsObject ? _objects.Find(SnapshotHeap.Word(box, layout.At)) : index;
        ulong at = layout.IsObject ? 0 : layout.At;
        if (holder < 0 || layout.State is not { } stateAt || HeapObjects.Number(_objects[holder], at + stateAt) is not { } state)
            return;
        // The method has ended, or it is an iterator at a yield: the code that iterates runs, so nothing waits.
        if (state < AsyncBox.Running)
            return;
        (ulong awaited, string? awaiter) = state == AsyncBox.Running ? (0, null) : Awaited(layout, _objects[holder], at);
        if (layout.KeepsState && _running.Contains(index) && (awaited == 0 || (_objects.Find(awaited) is >= 0 and var ended && _objects.Is(ended, HeapObjectTraits.Completed))))
            (state, awaited, awaiter) = (AsyncBox.Running, 0, null);
        // A box in its pool has an empty state machine, which looks like a wait for nothing at the first await.
        if (state == 0 && awaited == 0 && _objects.Is(index, HeapObjectTraits.Pooled))
            return;
        _boxOfObject[index] = _boxOfObject[holder] = _boxes.Count;
        _boxes.Add(new AsyncBox(index, layout.Type, state, awaited, awaiter));
    }

    /// <summary>The state machine clears all awaiters except the one of the current await.</summary>
    private (ulong Address, string? Awaiter) Awaited(MachineLayout layout, in HeapObject holder, ulong at)
    {
        ulong other = 0;
        string? otherType = null;
        if (_objects.Heap.LayoutOf(holder.Type) is { } type)
        {
            ReadOnlySpan<uint> references = type.References.Span;
            foreach (AwaiterField awaiter in layout.Awaiters)
            {
                if (_references++ >= AsyncLimits.References)
                    break;
                int i = references.BinarySearch((uint)Math.Min(uint.MaxValue, at + awaiter.From));
                for (i = i < 0 ? ~i : i; i < references.Length && references[i] < at + awaiter.To && _references++ < AsyncLimits.References; i++)
                {
                    if (SnapshotHeap.Word(holder, references[i]) is not (not 0 and var word))
                        continue;
                    // An awaiter can have other references, for example to a context.
                    if (_objects.Find(word) >= 0)
                        return (word, awaiter.Type);
                    if (other == 0)
                        (other, otherType) = (word, awaiter.Type);
                }
            }
        }
        if (other != 0)
            return (other, otherType);
        // An awaiter without references belongs to Task.Yield, if the method uses it.
        return (0, Array.Exists(layout.Awaiters, static a => a.Type == Yield) ? Yield : layout.Awaiters is [var only] ? only.Type : null);
    }

    private MachineLayout? LayoutOf(int? type)
    {
        if (type is not { } box)
            return null;
        if (_looked[box])
            return _layouts[box];
        _looked[box] = true;
        SnapshotType record = _snapshot.Types[box];
        if (record.IsArray || record.Arguments.IsEmpty || record.Arguments.Span[^1] is not { } machine || _objects.Offset(box, "StateMachine") is not { } at)
            return null;
        // Once for each state machine, because boxes of many types can contain it.
        if (!_machines.TryGetValue(machine, out MachineLayout? layout))
            _machines[machine] = layout = MachineOf(machine);
        return _layouts[box] = layout is null ? null : layout with { At = at };
    }

    private MachineLayout? MachineOf(int machine)
    {
        if (_objects.Heap.LayoutOf(machine) is not { } layout)
            return null;
        ulong? state = null;
        bool keepsState = false;
        var awaiters = new List<AwaiterField>();
        ReadOnlySpan<FieldOffset> fields = layout.Fields.Span;
        for (int i = 0; i < fields.Length; i++)
        {
            if (_objects.Field(machine, fields[i].Token) is not { } field)
                continue;
            if (IsState(field.Name))
                (state, keepsState) = (fields[i].Offset, field.Name == "ResumptionPoint");
            else if (IsAwaiter(field.Name))
                awaiters.Add(new AwaiterField(fields[i].Offset, End(layout, fields, i), field.Type));
        }
        return new MachineLayout(machine, At: 0, IsObject: !layout.IsStruct, state, keepsState, [.. awaiters]);
    }

    /// <summary>The last field ends at the end of the state machine. The box may have more fields after it.</summary>
    private static ulong End(in TypeLayout layout, ReadOnlySpan<FieldOffset> fields, int index) =>
        index + 1 < fields.Length ? fields[index + 1].Offset : Math.Max(fields[index].Offset + (ulong)sizeof(ulong), layout.Size);

    // The names that the compilers of C#, Visual Basic and F# use.
    private static bool IsState(string name) => name is "<>1__state" or "$State" or "ResumptionPoint";

    private static bool IsAwaiter(string name) => name.StartsWith("<>u__", StringComparison.Ordinal)
        || name.StartsWith("$A", StringComparison.Ordinal) || name.StartsWith("awaiter", StringComparison.Ordinal);
}
