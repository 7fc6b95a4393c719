using Stackflare.Capture;

namespace Stackflare.Symbols;

/// <summary>
/// Where in the IL the methods stand that the runtime has suspended. Unoptimized code says the call that awaits. Where optimized code has what an await calls compiled
/// into the method, it says where the statement begins, or nothing at all: then it is one that is not among the calls which stayed calls.
/// </summary>
/// <remarks>
/// A call that stays one has its place wherever the compiler puts it. What is compiled into the method has that of the statement, or none, even for one await in
/// different parts of the code. A statement begins wherever nothing is on the evaluation stack, as it is at each sequence point, so that a place and
/// the await that it is of are between the same two.
/// </remarks>
internal sealed class SuspendedPlaces
{
    private readonly RawSnapshot _snapshot;
    private readonly Dictionary<(uint Function, ulong Address), SavedPlace> _saved = [];
    private readonly Dictionary<(uint Function, ulong Address), uint> _code = [];
    private readonly Dictionary<(uint Code, uint Function), List<uint>> _places = [];
    private readonly Dictionary<(uint Function, ulong Address), int?> _known = [];
    private readonly Dictionary<(uint Code, uint Function), int?> _inlined = [];

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="saved">What was found when it was saved; null if it was not.</param>
    public SuspendedPlaces(RawSnapshot snapshot, SavedSymbols? saved)
    {
        _snapshot = snapshot;
        foreach ((uint frame, SavedPlace place) in saved?.Places ?? [])
            _saved.TryAdd(Key(snapshot.Frames[frame]), place);
        foreach (ref readonly SuspensionRecord suspension in (snapshot.Heap?.Suspensions ?? []).AsSpan())
        {
            if (suspension.Code == 0 || suspension.Frame == SnapshotLayout.None)
                continue;
            (uint Function, ulong Address) key = Key(snapshot.Frames[suspension.Frame]);
            _code.TryAdd(key, suspension.Code);
            if (!_places.TryGetValue((suspension.Code, key.Function), out List<uint>? places))
                _places[(suspension.Code, key.Function)] = places = [];
            places.Add(suspension.Frame);
        }
    }

    /// <summary>The IL offset of the await, or of the statement that it is in; null where it cannot be told.</summary>
    public int? Of(SnapshotModule module, in FrameRecord frame)
    {
        (uint Function, ulong Address) key = Key(frame);
        if (_saved.TryGetValue(key, out SavedPlace? saved))
            return saved.ILOffset;
        if (!_known.TryGetValue(key, out int? offset))
            _known[key] = offset = Find(module, frame, key);
        return offset;
    }

    /// <summary>The simple name of the type of the awaiter that the method waits by; null where it is not told, as by a call that awaits a task.</summary>
    public string? AwaiterAt(SnapshotModule module, in FrameRecord frame)
    {
        if (_saved.TryGetValue(Key(frame), out SavedPlace? saved))
            return saved.Awaiter;
        return Of(module, frame) is { } offset ? module.AwaiterAt(_snapshot.Functions[frame.Function].Token, offset) : null;
    }

    private int? Find(SnapshotModule module, in FrameRecord frame, (uint Function, ulong Address) key)
    {
        uint method = _snapshot.Functions[frame.Function].Token;
        AwaitCall[] awaits = module.AwaitCalls(method);
        if (SymbolSession.OffsetOf(frame) is { } place)
            return Await(module, method, awaits, place);
        if (!_code.TryGetValue(key, out uint code))
            return awaits is [var only] ? only.ILOffset : null;
        if (!_inlined.TryGetValue((code, key.Function), out int? offset))
            _inlined[(code, key.Function)] = offset = Inlined(module, method, awaits, _places[(code, key.Function)]);
        return offset;
    }

    /// <summary>The await that a place is of. Without the module the runtime's word is all there is.</summary>
    private static int? Await(SnapshotModule module, uint method, AwaitCall[] awaits, int place)
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

    /// <summary>The only await that did not stay a call; of several in one statement, that statement.</summary>
    private int? Inlined(SnapshotModule module, uint method, AwaitCall[] awaits, List<uint> places)
    {
        HashSet<int> offsets = [.. places.Select(p => SymbolSession.OffsetOf(_snapshot.Frames[p])).OfType<int>()];
        int[] left = [.. awaits.Where(a => a.FollowsNew || !offsets.Contains(a.ILOffset)).Select(a => a.ILOffset)];
        return left switch
        {
            [] => null,
            [var only] => only,
            [var first, .., var last] => module.StatementAround(method, first) is { } statement && last < statement.End ? statement.Start : null,
        };
    }

    private static (uint Function, ulong Address) Key(in FrameRecord frame) => (frame.Function, frame.Address);
}
