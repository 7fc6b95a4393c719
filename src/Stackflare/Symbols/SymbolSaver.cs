using Stackflare.Capture;

namespace Stackflare.Symbols;

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
        foreach (ref readonly FrameRecord frame in snapshot.Frames.AsSpan())
        {
            if (session.ModuleOf(frame) is not { } module)
                continue;
            ref readonly FunctionRecord function = ref snapshot.Functions[frame.Function];
            if (!_seenModules[function.Module])
            {
                _seenModules[function.Module] = true;
                if (module.PdbReference is { } reference)
                    _writer.Pdb(function.Module, reference);
            }
            if (_methods.Add((function.Module, function.Token)) && module.Method(function.Token) is { } facts)
                _writer.Method(function.Module, function.Token, facts);
            if (SymbolSession.OffsetOf(frame) is { } offset && _lines.Add((function.Module, function.Token, offset)))
                _writer.Line(function.Module, function.Token, offset, session.Locate(module, function.Token, offset));
        }
        SaveLockStatements();
        SaveTypes();
        return _writer.Sections();
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
