using Stackflare.Building.Async;
using Stackflare.Building.Waits;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.Saved;

/// <summary>Asks a session for everything that a dump of its snapshot is made of, and keeps what only can be found where the modules are.</summary>
internal sealed class SymbolSaver(RawSnapshot snapshot, SymbolSession session)
{
    private readonly SavedSymbolsWriter _writer = new();
    private readonly bool[] _seenModules = new bool[snapshot.Modules.Length], _seenTypes = new bool[snapshot.Types.Length], _opened = new bool[snapshot.Types.Length];
    private readonly HashSet<(uint Module, uint Token)> _methods = [], _types = [];
    private readonly HashSet<(uint Module, uint Token, int Offset)> _lines = [];

    /// <summary>By index, and not by recursion: the types of a hostile process can nest as deep as they are many.</summary>
    private readonly Stack<uint> _waiting = [];

    public FileSection[] Save()
    {
        for (int i = 0; i < snapshot.Frames.Length; i++)
        {
            ref readonly FrameRecord frame = ref snapshot.Frames[i];
            if (session.ModuleOf(frame) is not { } module)
                continue;
            ref readonly FunctionRecord function = ref snapshot.Functions[frame.Function];
            int? offset = session.PlaceOf(module, frame);
            SavePlace(function.Module, module, function.Token, offset);
            // The module's IL told it.
            var place = new SavedPlace(offset, session.AwaiterAt(frame), session.IsPassedThrough(frame));
            if ((frame.Flags & FrameFlags.Await) != 0 && place != new SavedPlace(SymbolSession.OffsetOf(frame), null))
                _writer.Place((uint)i, place);
        }
        if (snapshot.Heap is { Info.Status: HeapStatus.Walked } heap)
            SaveHeap(heap);
        SaveLockStatements();
        SaveTypes();
        return _writer.Sections();
    }

    private void SavePlace(uint index, SnapshotModule module, uint method, int? offset)
    {
        if (!_seenModules[index])
        {
            _seenModules[index] = true;
            if (module.PdbReference is { } reference)
                _writer.Pdb(index, reference);
        }
        if (_methods.Add((index, method)) && module.Method(method) is { } facts)
            _writer.Method(index, method, facts);
        if (offset is { } at && _lines.Add((index, method, at)))
            _writer.Line(index, method, at, session.Locate(module, method, at));
    }

    /// <summary>What the objects of the heap are made of, and the places where async methods wait.</summary>
    private void SaveHeap(RawHeap heap)
    {
        var fields = new HashSet<(uint Module, uint Token)>();
        foreach (ref readonly HeapLayoutRecord layout in heap.Layouts.AsSpan())
        {
            _waiting.Push(layout.Type);
            uint module = snapshot.Types[layout.Type].Module;
            foreach (ref readonly HeapFieldRecord field in heap.FieldsOf(layout))
            {
                if (module != SnapshotLayout.None && fields.Add((module, field.Token)) && session.Module(module).Field(field.Token) is { } facts)
                    _writer.Field(module, field.Token, facts);
            }
        }
        var places = new HashSet<(uint Module, uint Type, int State)>();
        foreach (AsyncBox box in new AsyncBoxes(snapshot, new HeapObjects(snapshot, session)).All)
        {
            // A method without a state machine stands in a frame, which is saved with the others.
            if (box.Machine == SnapshotLayout.None)
                continue;
            ref readonly TypeRecord machine = ref snapshot.Types[box.Machine];
            if (machine.Module == SnapshotLayout.None || !places.Add((machine.Module, machine.Token, box.State)))
                continue;
            SnapshotModule module = session.Module(machine.Module);
            if (module.MoveNextOf(machine.Token) is not { } method)
                continue;
            int? offset = box.State < 0 ? null : module.AwaitOffset(method, box.State);
            _writer.Await(machine.Module, machine.Token, method, box.State, offset);
            SavePlace(machine.Module, module, method, offset);
        }
    }

    /// <summary>Of the frames that may have taken a lock: they say which of them did.</summary>
    private void SaveLockStatements()
    {
        _lines.Clear();
        foreach (ref readonly HeldRecord held in snapshot.Held.AsSpan())
        {
            if (held.Frame != SnapshotLayout.None)
                SaveLockStatements(snapshot.StackOf(snapshot.Threads[held.Thread])[(int)held.Frame]);
        }
        foreach (uint thread in WaitedObjects.Holders(snapshot).Concat(WaitedObjects.Joining(snapshot)))
        {
            ReadOnlySpan<uint> stack = snapshot.StackOf(snapshot.Threads[thread]);
            foreach (uint frame in stack[..Math.Min(stack.Length, WaitedObjects.MostFrames)])
                SaveLockStatements(frame);
        }
    }

    private void SaveLockStatements(uint index)
    {
        ref readonly FrameRecord frame = ref snapshot.Frames[index];
        if (session.ModuleOf(frame) is not { } module || SymbolSession.OffsetOf(frame) is not { } offset)
            return;
        ref readonly FunctionRecord function = ref snapshot.Functions[frame.Function];
        if (_lines.Add((function.Module, function.Token, offset)) && module.LockStatementsAround(function.Token, offset) is { } count)
            _writer.LockStatements(function.Module, function.Token, offset, count);
    }

    /// <summary>The types that dumps spell: arguments, exceptions in flight and locks.</summary>
    private void SaveTypes()
    {
        foreach (ref readonly FunctionRecord function in snapshot.Functions.AsSpan())
        {
            Await(function.TypeArgStart, function.TypeArgCount);
            if (function.DeclaringType != SnapshotLayout.None)
                AwaitArguments(function.DeclaringType);
        }
        foreach (ref readonly ThreadRecord thread in snapshot.Threads.AsSpan())
            _waiting.Push(thread.ExceptionType);
        foreach (ref readonly LockRecord entry in snapshot.Locks.AsSpan())
            _waiting.Push(entry.Type);
        foreach (ref readonly ObjectRecord waited in snapshot.Objects.AsSpan())
            _waiting.Push(waited.Type);
        while (_waiting.TryPop(out uint index))
        {
            if (index == SnapshotLayout.None || _seenTypes[index])
                continue;
            _seenTypes[index] = true;
            ref readonly TypeRecord type = ref snapshot.Types[index];
            AwaitArguments(index);
            if ((type.Flags & (TypeFlags.Array | TypeFlags.Unknown)) == 0 && type.Module != SnapshotLayout.None
                && _types.Add((type.Module, type.Token)) && session.Module(type.Module).TypeName(type.Token) is { } name)
            {
                _writer.Type(type.Module, type.Token, name);
            }
        }
    }

    /// <summary>Once a type: the methods of a hostile process can all be of one type that has as many arguments as they are.</summary>
    private void AwaitArguments(uint type)
    {
        if (_opened[type])
            return;
        _opened[type] = true;
        Await(snapshot.Types[type].ArgStart, snapshot.Types[type].ArgCount);
    }

    private void Await(uint start, uint count)
    {
        for (uint i = 0; i < count; i++)
            _waiting.Push(snapshot.TypeArgs[start + i]);
    }
}
