using Stackflare.Errors;
using Stackflare.Snapshots;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Saved;

namespace Stackflare.Symbols.IL;

/// <summary>
/// Finds the IL offsets of methods that the runtime has suspended. In unoptimized code, the place is the await call. In optimized code with an
/// inlined call, the place is the start of the statement, or missing. Then the await is one of those whose calls have no place of their own.
/// </summary>
/// <remarks>
/// A call that was not inlined has its own place, wherever the compiler moves it. Inlined code has the place of the statement, or none, even for one
/// await in different parts of the code. A statement begins where the evaluation stack is empty, as it is at each sequence point. So a place and its
/// await are between the same two sequence points.
/// </remarks>
internal sealed class SuspendedPlaces
{
    private readonly Snapshot _snapshot;
    private readonly Dictionary<(int Method, ulong Address), SavedPlace> _saved = [];
    private readonly Dictionary<(int Method, ulong Address), uint> _code = [];
    private readonly Dictionary<(uint Code, int Method), List<int>> _places = [];
    private readonly Dictionary<(int Method, ulong Address), int?> _known = [];
    private readonly Dictionary<(uint Code, int Method), int?> _inlined = [];
    private readonly Dictionary<(uint Code, int Method), HashSet<int>> _own = [];
    private readonly Dictionary<int, AwaitCall[]> _awaits = [];

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="saved">The saved symbols of the snapshot; null if there are none.</param>
    public SuspendedPlaces(Snapshot snapshot, SavedSymbols? saved)
    {
        _snapshot = snapshot;
        foreach ((int frame, SavedPlace place) in saved?.Places ?? [])
            _saved.TryAdd(Key(snapshot.Frames[frame]), place);
        foreach (ref readonly SuspensionPoint suspension in (snapshot.Heap?.Suspensions ?? []).AsSpan())
        {
            if (suspension.Code == 0 || suspension.Frame is not { } frame || snapshot.Frames[frame].Method is null)
                continue;
            (int Method, ulong Address) key = Key(snapshot.Frames[frame]);
            _code.TryAdd(key, suspension.Code);
            if (!_places.TryGetValue((suspension.Code, key.Method), out List<int>? places))
                _places[(suspension.Code, key.Method)] = places = [];
            places.Add(frame);
        }
    }

    /// <summary>The IL offset of the await, or of its statement; null if not known.</summary>
    public int? ILOffsetOf(ModuleSymbols module, in SnapshotFrame frame)
    {
        (int Method, ulong Address) key = Key(frame);
        if (_saved.TryGetValue(key, out SavedPlace? saved))
            return saved.ILOffset;
        if (!_known.TryGetValue(key, out int? offset))
            _known[key] = offset = Find(module, frame, key);
        return offset;
    }

    /// <summary>
    /// Simple name of the type of the awaiter at which the method waits; null if the call does not show it, for example if it awaits a task.
    /// </summary>
    public string? AwaiterAt(ModuleSymbols module, in SnapshotFrame frame)
    {
        if (_saved.TryGetValue(Key(frame), out SavedPlace? saved))
            return saved.Awaiter;
        int? offset = ILOffsetOf(module, frame);
        int method = (int)_snapshot.Methods[frame.Method!.Value].Token;
        return offset is { } at ? Read(() => module.Suspensions?.Awaiter(method, at)) : null;
    }

    /// <summary>Whether the method awaits nothing and only passes on a task.</summary>
    public bool IsPassedThrough(ModuleSymbols module, in SnapshotFrame frame)
    {
        if (_saved.TryGetValue(Key(frame), out SavedPlace? saved))
            return saved.IsPassedThrough;
        int method = (int)_snapshot.Methods[frame.Method!.Value].Token;
        return Read(() => module.Suspensions?.IsAsync(method)) == false;
    }

    private int? Find(ModuleSymbols module, in SnapshotFrame frame, (int Method, ulong Address) key)
    {
        uint method = _snapshot.Methods[frame.Method!.Value].Token;
        AwaitCall[] awaits = AwaitsOf(module, key.Method);
        List<int> places = _code.TryGetValue(key, out uint code) ? _places[(code, key.Method)] : [];
        if (frame.ILOffset is { } place)
        {
            int? offset = Await(module, method, awaits, place);
            return offset is { } at && MayBeAnother(module, method, awaits, at, Own(module, method, awaits, (code, key.Method))) ? null : offset;
        }
        if (places.Count == 0)
            return awaits is [var only] ? only.ILOffset : null;
        if (!_inlined.TryGetValue((code, key.Method), out int? found))
            _inlined[(code, key.Method)] = found = Inlined(module, method, awaits, places);
        return found;
    }

    /// <summary>The awaits that have their own place in a piece of code.</summary>
    private HashSet<int> Own(ModuleSymbols module, uint method, AwaitCall[] awaits, (uint Code, int Method) code)
    {
        if (!_own.TryGetValue(code, out HashSet<int>? own))
        {
            List<int> places = _places.GetValueOrDefault(code) ?? [];
            _own[code] = own = [.. places.Select(p => _snapshot.Frames[p].ILOffset).OfType<int>().Select(o => Await(module, method, awaits, o)).OfType<int>()];
        }
        return own;
    }

    private AwaitCall[] AwaitsOf(ModuleSymbols module, int index)
    {
        if (!_awaits.TryGetValue(index, out AwaitCall[]? awaits))
        {
            int method = (int)_snapshot.Methods[index].Token;
            _awaits[index] = awaits = Read(() => module.Suspensions?.AwaitsOf(method)) ?? [];
        }
        return awaits;
    }

    /// <summary>
    /// Whether the compiler may have merged the code of this await and another one, which then has no place of its own.
    /// </summary>
    private bool MayBeAnother(ModuleSymbols module, uint method, AwaitCall[] awaits, int at, HashSet<int> own)
    {
        if (awaits.Length < 2)
            return false;
        (int Start, int End)? one = module.StatementAround(method, at);
        IEnumerable<int> others = awaits.Select(a => a.ILOffset).Where(o => o != at && !own.Contains(o));
        return Read(() => module.Suspensions?.MayShareCode((int)method, at, others, Before)) == true;

        // Awaits in the same statement have the same line.
        int? Before(int other) => (one, module.StatementAround(method, other)) switch
        {
            ({ } a, { } b) => a == b ? null : at - a.Start == other - b.Start ? at - a.Start : -1,
            _ => -1,
        };
    }

    private static T? Read<T>(Func<T?> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (MalformedData.Is(e))
        {
            return default;
        }
    }

    /// <summary>The await at a place. Without the module, the place itself is the best answer.</summary>
    private static int? Await(ModuleSymbols module, uint method, AwaitCall[] awaits, int place)
    {
        if (awaits.Length == 0)
            return place;
        int first = Array.FindIndex(awaits, a => a.ILOffset >= place);
        if (first < 0)
            return null;
        bool isLast = first + 1 == awaits.Length;
        if (awaits[first].ILOffset == place)
            return place;
        if (module.StatementAround(method, place) is not { } statement)
            return isLast ? awaits[first].ILOffset : place;
        if (awaits[first].ILOffset >= statement.End)
            return null;
        return isLast || awaits[first + 1].ILOffset >= statement.End ? awaits[first].ILOffset : place;
    }

    /// <summary>The only await whose call was inlined; if there are several in one statement, that statement.</summary>
    private int? Inlined(ModuleSymbols module, uint method, AwaitCall[] awaits, List<int> places)
    {
        HashSet<int> offsets = [.. places.Select(p => _snapshot.Frames[p].ILOffset).OfType<int>()];
        int[] left = [.. awaits.Where(a => a.FollowsNew || !offsets.Contains(a.ILOffset)).Select(a => a.ILOffset)];
        return left switch
        {
            [] => null,
            [var only] => only,
            [var first, .., var last] => module.StatementAround(method, first) is { } statement && last < statement.End ? statement.Start : null,
        };
    }

    private static (int Method, ulong Address) Key(in SnapshotFrame frame) => (frame.Method ?? -1, frame.Address);
}
