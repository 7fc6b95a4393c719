using Stackflare.Building.Async;
using Stackflare.Building.Waits;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Saved;

namespace Stackflare.Building;

/// <summary>Resolves everything that a dump of a snapshot needs, and collects what can be found only on the machine with the modules.</summary>
internal sealed class SymbolSaver(Snapshot snapshot, SymbolSession session)
{
    private readonly SavedSymbolsWriter _writer = new();
    private readonly bool[] _seenModules = new bool[snapshot.Modules.Length], _seenTypes = new bool[snapshot.Types.Length], _opened = new bool[snapshot.Types.Length];
    private readonly HashSet<(int Module, uint Token)> _methods = [], _types = [];
    private readonly HashSet<(int Module, uint Token, int Offset)> _lines = [];

    /// <summary>A stack instead of recursion, because a hostile process can nest types very deep.</summary>
    private readonly Stack<int?> _waiting = [];

    /// <summary>
    /// Returns the symbols for a snapshot's file, so that it can be shown on another machine. <see cref="SavedSymbols.Decode"/> reads them.
    /// </summary>
    public static FileSection[] Save(Snapshot snapshot, Symbolicator symbolicator)
    {
        using SymbolSession session = symbolicator.Open(snapshot);
        return new SymbolSaver(snapshot, session).Save();
    }

    private FileSection[] Save()
    {
        for (int i = 0; i < snapshot.Frames.Length; i++)
        {
            ref readonly SnapshotFrame frame = ref snapshot.Frames[i];
            if (session.ModuleOf(frame) is not { } module)
                continue;
            SnapshotMethod method = snapshot.Methods[frame.Method!.Value];
            int? offset = session.ILOffsetOf(module, frame);
            SavePlace(method.Module!.Value, module, method.Token, offset);
            // Found in the module's IL.
            var place = new SavedPlace(offset, session.AwaiterAt(frame), session.IsPassedThrough(frame), session.IsApproximate(frame));
            if (place != new SavedPlace(frame.ILOffset, null))
                _writer.Place((uint)i, place);
        }
        if (snapshot.Heap is { } heap)
            SaveHeap(heap);
        foreach (SnapshotDueTimers timers in snapshot.DueTimers)
        {
            if (timers.Callback is { } callback && snapshot.Methods[callback] is { IsDynamic: false, Module: { } at } method && session.Module(at) is { } module)
                SavePlace(at, module, method.Token, null);
        }
        SaveLockStatements();
        SaveTypes();
        return _writer.Sections();
    }

    private void SavePlace(int index, ModuleSymbols module, uint method, int? offset)
    {
        if (!_seenModules[index])
        {
            _seenModules[index] = true;
            if (module.Symbols.PdbReference is { } reference)
                _writer.Pdb((uint)index, reference);
        }
        if (_methods.Add((index, method)) && module.Symbols.Method(method) is { } facts)
            _writer.Method((uint)index, method, facts);
        if (offset is { } at && _lines.Add((index, method, at)))
            _writer.Line((uint)index, method, at, session.Locate(module, method, at));
    }

    /// <summary>The layouts of the heap's objects, and the places where async methods wait.</summary>
    private void SaveHeap(SnapshotHeap heap)
    {
        var fields = new HashSet<(int Module, uint Token)>();
        foreach (ref readonly TypeLayout layout in heap.Layouts.AsSpan())
        {
            _waiting.Push(layout.Type);
            int? module = snapshot.Types[layout.Type].Module;
            foreach (FieldOffset field in layout.Fields.Span)
            {
                if (module is { } at && fields.Add((at, field.Token)) && session.Module(at)!.Symbols.Field(field.Token) is { } facts)
                    _writer.Field((uint)at, field.Token, facts);
            }
        }
        var places = new HashSet<(int Module, uint Type, int State)>();
        foreach (AsyncBox box in new AsyncBoxes(snapshot, new HeapObjects(snapshot, session)).All)
        {
            // A method without a state machine has a frame, which is saved with the others.
            if (box.Machine is not { } index)
                continue;
            SnapshotType machine = snapshot.Types[index];
            if (machine.Module is not { } at || !places.Add((at, machine.Token, box.State)))
                continue;
            ModuleSymbols module = session.Module(at)!;
            if (module.Symbols.MoveNextOf(machine.Token) is not { } method)
                continue;
            int? offset = box.State < 0 ? null : module.Symbols.AwaitOffset(method, box.State);
            _writer.Await((uint)at, machine.Token, method, box.State, offset);
            SavePlace(at, module, method, offset);
        }
    }

    /// <summary>For the frames that may have taken a lock: their lock statements.</summary>
    private void SaveLockStatements()
    {
        _lines.Clear();
        foreach (SnapshotHeldLock held in snapshot.HeldLocks)
        {
            if (held.Frame is { } frame)
                SaveLockStatements(snapshot.StackOf(held.Thread)[frame]);
        }
        foreach (int thread in WaitedObjects.Holders(snapshot).Concat(WaitedObjects.Joining(snapshot)))
        {
            ReadOnlySpan<int> stack = snapshot.StackOf(thread);
            foreach (int frame in stack[..Math.Min(stack.Length, WaitedObjects.MaxFrames)])
                SaveLockStatements(frame);
        }
    }

    private void SaveLockStatements(int index)
    {
        ref readonly SnapshotFrame frame = ref snapshot.Frames[index];
        if (session.ModuleOf(frame) is not { } module || session.ILOffsetOf(module, frame) is not { } offset)
            return;
        SnapshotMethod method = snapshot.Methods[frame.Method!.Value];
        if (_lines.Add((method.Module!.Value, method.Token, offset)) && module.Symbols.LockScopesAround(method.Token, offset) is { } count)
            _writer.LockScopes((uint)method.Module.Value, method.Token, offset, count);
    }

    /// <summary>The types that dumps show: type arguments, current exceptions and locks.</summary>
    private void SaveTypes()
    {
        foreach (SnapshotMethod method in snapshot.Methods)
        {
            Await(method.TypeArguments);
            if (method.DeclaringType is { } declaring)
                AwaitArguments(declaring);
        }
        foreach (SnapshotThread thread in snapshot.Threads)
        {
            _waiting.Push(thread.ExceptionType);
            foreach (SnapshotException exception in thread.Exceptions)
                _waiting.Push(exception.Type);
        }
        foreach (SnapshotQueued queued in snapshot.Queued)
            _waiting.Push(queued.Type);
        foreach (SnapshotDueTimers timers in snapshot.DueTimers)
            _waiting.Push(timers.State);
        foreach (SnapshotLock entry in snapshot.Locks)
            _waiting.Push(entry.Type);
        foreach (SnapshotObject waited in snapshot.Objects)
            _waiting.Push(waited.Type);
        while (_waiting.TryPop(out int? next))
        {
            if (next is not { } index || _seenTypes[index])
                continue;
            _seenTypes[index] = true;
            SnapshotType type = snapshot.Types[index];
            AwaitArguments(index);
            if (!type.IsArray && type.Module is { } module && _types.Add((module, type.Token)) && session.Module(module)!.Symbols.TypeName(type.Token) is { } name)
                _writer.Type((uint)module, type.Token, name);
        }
    }

    /// <summary>Once for each type: all methods of a hostile process can have one declaring type with very many arguments.</summary>
    private void AwaitArguments(int type)
    {
        if (_opened[type])
            return;
        _opened[type] = true;
        Await(snapshot.Types[type].Arguments);
    }

    private void Await(ReadOnlyMemory<int?> types)
    {
        foreach (int? type in types.Span)
            _waiting.Push(type);
    }
}
