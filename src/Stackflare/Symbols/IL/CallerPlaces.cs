using Stackflare.Errors;
using Stackflare.Snapshots;
using Stackflare.Symbols.IL.Calls;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;
using Stackflare.Symbols.Saved;

namespace Stackflare.Symbols.IL;

/// <summary>
/// Finds the places of methods in the stacks of threads. For a return address, the runtime gives the IL of a piece of optimized code, which can be several
/// statements. The next frame of the stack shows which call it is.
/// </summary>
internal sealed class CallerPlaces
{
    /// <summary>The types with the code that the runtime calls for an instruction other than a call.</summary>
    private static readonly string[] RuntimeHelpers =
    [
        "System.Runtime.CompilerServices.InitHelpers", "System.Runtime.CompilerServices.StaticsHelpers", "System.Runtime.CompilerServices.CastHelpers",
        "System.Runtime.CompilerServices.GenericsHelpers", "System.Runtime.CompilerServices.VirtualDispatchHelpers", "System.Runtime.CompilerServices.BoxingHelpers",
        "System.StubHelpers.StubHelpers",
    ];

    private const string CoreLib = "System.Private.CoreLib.dll";

    private readonly Snapshot _snapshot;
    private readonly SavedSymbols? _saved;
    private readonly Func<int?, ModuleSymbols?> _module;
    private readonly bool _hasSaved;
    private readonly Dictionary<(int Method, ulong Address, bool IsExact), Position> _positions = [];
    private readonly Dictionary<(int Method, ulong Address, bool IsExact), CallerPlace> _known = [];

    /// <summary>Where a frame is first seen. All stacks with a return address have the same call there.</summary>
    private readonly record struct Position(int Frame, int Thread, int Depth);

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="saved">The saved symbols of the snapshot; null if there are none.</param>
    /// <param name="module">Returns the module with an index.</param>
    public CallerPlaces(Snapshot snapshot, SavedSymbols? saved, Func<int?, ModuleSymbols?> module)
    {
        _snapshot = snapshot;
        _saved = saved;
        _module = module;
        _hasSaved = saved is { Places.Count: > 0 };
        if (!_hasSaved && !Array.Exists(snapshot.Frames, static f => f.ILPlaces is not null))
            return;
        bool[] seen = new bool[snapshot.Frames.Length];
        for (int thread = 0; thread < snapshot.Threads.Count; thread++)
        {
            ReadOnlySpan<int> stack = snapshot.StackOf(thread);
            for (int depth = 0; depth < stack.Length; depth++)
            {
                int frame = stack[depth];
                if (seen[frame])
                    continue;
                seen[frame] = true;
                if (snapshot.Frames[frame] is { Method: not null, ILOffset: not null, IsAwait: false } place)
                    _positions.TryAdd(Key(place), new Position(frame, thread, depth));
            }
        }
    }

    /// <summary>The place of a frame; null if the runtime gave none.</summary>
    public CallerPlace? Of(ModuleSymbols module, in SnapshotFrame frame)
    {
        if (frame.ILOffset is not { } start)
            return null;
        if (frame.ILPlaces is null && !_hasSaved)
            return new CallerPlace(start, IsApproximate: false);
        (int, ulong, bool) key = Key(frame);
        if (!_known.TryGetValue(key, out CallerPlace place))
            _known[key] = place = Find(module, frame, start);
        return place;
    }

    private CallerPlace Find(ModuleSymbols module, SnapshotFrame frame, int start)
    {
        if (!_positions.TryGetValue(Key(frame), out Position position))
            return new CallerPlace(start, IsApproximate: false);
        if (_saved?.Places.GetValueOrDefault(position.Frame) is { ILOffset: { } saved } place)
            return new CallerPlace(saved, place.IsApproximate);
        if (frame.ILPlaces is not { } places)
            return new CallerPlace(start, IsApproximate: false);
        uint token = _snapshot.Methods[frame.Method!.Value].Token;
        CalledFrames inner = frame.IsExact ? new CalledFrames(CalledKind.None) : InnerOf(position, out _, out _);
        return module.Caller(new CallerQuestion(token, start, frame.ILNext, places.Hash, inner), () => Find(module, token, frame, places, frame.IsExact ? null : position));
    }

    private CallerPlace Find(ModuleSymbols module, uint token, SnapshotFrame frame, ILPlaces places, Position? position)
    {
        int start = frame.ILOffset!.Value;
        try
        {
            PdbStatement[] statements = module.Statements(token);
            if (statements.Length > 0 && module.Calls is { } calls)
                return new CallerMethod(module, calls.Body((int)token), statements, places, calls.IsOptimized).Find(start, frame.ILNext, position is { } at ? Target(at) : null);
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
        }
        return new CallerPlace(start, IsApproximate: false);
    }

    private CallTarget Target(Position position)
    {
        CalledFrames inner = InnerOf(position, out ModuleSymbols? module, out ModuleSymbols? framework);
        if (inner.Kind != CalledKind.Method || module?.Calls is not { } calls || calls.Method((int)inner.Token) is not { } method)
            return new CallTarget { Kind = inner.Kind == CalledKind.Method ? CalledKind.Dynamic : inner.Kind, CoreLib = FindCoreLib() };
        List<CalledMethod> methods = [method];
        if (inner.Through != 0 && framework?.Calls?.Method((int)inner.Through) is { } through)
            methods.Add(through);
        if (method.Name == "MoveNext")
        {
            if (calls.Method(calls.StartOf((int)inner.Token)) is { } start)
                methods.Add(start);
            // Of an asynchronous iterator.
            methods.Add(new CalledMethod("MoveNextAsync", "", "", 0, 0, MethodTraits.Virtual));
        }
        return new CallTarget { Kind = CalledKind.Method, Methods = methods, Module = module, CoreLib = FindCoreLib(), Initialized = method.Name == ".cctor" ? method : null };
    }

    private ModuleSymbols? FindCoreLib()
    {
        for (int i = 0; i < _snapshot.Modules.Length; i++)
        {
            if (_module(i) is { Identity.Name: CoreLib } module)
                return module;
        }
        return null;
    }

    /// <summary>
    /// The next frame further in that the caller's IL can name. The runtime's stubs, its helpers, and the methods that start state machines are skipped.
    /// </summary>
    private CalledFrames InnerOf(Position position, out ModuleSymbols? module, out ModuleSymbols? framework)
    {
        ReadOnlySpan<int> stack = _snapshot.StackOf(position.Thread);
        uint through = 0;
        module = framework = null;
        for (int depth = position.Depth - 1; depth >= 0; depth--)
        {
            if (_snapshot.Frames[stack[depth]].Method is not { } index)
                continue;
            SnapshotMethod method = _snapshot.Methods[index];
            if (method.IsDynamic)
            {
                if (FallbackNames.IsStub(method))
                    continue;
                return new CalledFrames(CalledKind.Dynamic);
            }
            module = _module(method.Module);
            if (module is { Identity.Name: CoreLib } && module.Symbols.Method(method.Token) is { Name: var name })
            {
                if (name.DeclaringType.StartsWith("System.Runtime.EH", StringComparison.Ordinal))
                    return new CalledFrames(CalledKind.Throw);
                if (IsSkipped(name))
                {
                    (through, framework) = (method.Token, module);
                    continue;
                }
            }
            return new CalledFrames(CalledKind.Method, module?.Identity.Mvid, method.Token, through);
        }
        return new CalledFrames(CalledKind.Native, Through: through);
    }

    private static bool IsSkipped(MethodName method) => Array.IndexOf(RuntimeHelpers, method.DeclaringType) >= 0
        || (method.Name == "Start" && method.DeclaringType.StartsWith("System.Runtime.CompilerServices.Async", StringComparison.Ordinal));

    private static (int Method, ulong Address, bool IsExact) Key(in SnapshotFrame frame) => (frame.Method ?? -1, frame.Address, frame.IsExact);
}
