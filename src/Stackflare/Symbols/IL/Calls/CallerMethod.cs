using Stackflare.Errors;
using Stackflare.Snapshots;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.IL.Calls;

/// <summary>
/// Finds the call of a method that leads to the next frame of a stack. Throws exceptions that <see cref="MalformedData"/> lists if metadata or IL are
/// malformed.
/// </summary>
/// <remarks>
/// The optimizing compiler has places only where the evaluation stack is empty. C# leaves values on it across statements, so the place of a call can be
/// that of an earlier statement. The compiler also moves the computation of a value into the next statement, if that uses it, so the place can be that of
/// a later statement. And code of which the compiler knows no place, such as an unrolled loop, gets the place of the code before it, which
/// can be any.
/// </remarks>
internal sealed class CallerMethod
{
    private readonly ModuleSymbols _module;
    private readonly PdbStatement[] _statements;
    private readonly ILPlaces _compiled;
    private readonly bool _isOptimized;
    private readonly List<Instruction> _code;
    private readonly int[] _places;

    /// <summary>The number of calls of each place.</summary>
    private readonly Dictionary<int, int> _callsAt = [];

    /// <summary>The places that jump to an IL offset.</summary>
    private readonly HashSet<(int Place, int Target)> _jumps = [];

    /// <param name="module">The method's module.</param>
    /// <param name="body">The method's IL.</param>
    /// <param name="statements">The method's statements; not empty.</param>
    /// <param name="compiled">The IL offsets that the compiled method has places for.</param>
    /// <param name="isOptimized">Whether the code may be optimized.</param>
    public CallerMethod(ModuleSymbols module, MethodIL body, PdbStatement[] statements, ILPlaces compiled, bool isOptimized)
    {
        _module = module;
        _statements = statements;
        _compiled = compiled;
        _isOptimized = isOptimized;
        _code = body.Instructions;
        _places = body.Places;
        for (int i = 0; i < _code.Count; i++)
        {
            int calls = _callsAt.GetValueOrDefault(_places[i]);
            _callsAt[_places[i]] = _code[i].IsCall ? calls + 1 : calls;
            if (_code[i].IsBranch)
                _jumps.Add((_places[i], _code[i].Operand));
        }
    }

    /// <summary>The place of the call.</summary>
    /// <param name="place">The IL offset that the runtime gives for the return address.</param>
    /// <param name="next">The IL offset of the code after it; null if there is none.</param>
    /// <param name="target">What was called; null if nothing was, because the thread was there.</param>
    public CallerPlace Find(int place, int? next, CallTarget? target)
    {
        int end = _compiled.After(place);
        bool isOneLine = IsOneLine(place, end);
        if (target is null || _code.Count == 0)
            return new CallerPlace(place, !isOneLine && _isOptimized);
        if (isOneLine && !_isOptimized)
            return new CallerPlace(place, IsApproximate: false);
        var search = new CallSearch(_module, target, _isOptimized, _code.Exists(static i => i.LoadsFunction));
        HashSet<int> moved = [place];
        if (_isOptimized)
            AddMoved(place, moved);
        if (isOneLine && IsOnlyLine(search, moved, place, next, end))
            return new CallerPlace(place, IsApproximate: false);
        List<Instruction> sure = [], possible = [];
        if (_isOptimized)
            FindOptimized(search, moved, place, next, end, sure, possible);
        else
            possible.AddRange(_code.FindAll(i => i.Offset >= place && i.Offset < end && search.Fit(i) != CallFit.No));
        List<Instruction> found = [.. sure, .. possible];
        if (found.Count == 0)
            return new CallerPlace(place, !isOneLine);
        Instruction call = (sure.Count > 0 ? sure : possible).Find(i => i.Offset >= place && i.Offset < end) is { End: > 0 } inside ? inside : found[0];
        int line = LineAt(call.Offset);
        return new CallerPlace(line == LineAt(place) ? place : call.Offset, !found.TrueForAll(i => LineAt(i.Offset) == line));
    }

    /// <summary>
    /// Whether a call of this line names the next frame, and all others that may be the one are on this line too. Then the methods that they call need not
    /// be read.
    /// </summary>
    private bool IsOnlyLine(CallSearch search, HashSet<int> moved, int place, int? next, int end)
    {
        int line = LineAt(place);
        bool isNamed = false;
        for (int i = 0; i < _code.Count; i++)
        {
            bool isHere = IsHere(i, moved, place, end);
            if ((isHere || IsLost(i, place, next)) && LineAt(_code[i].Offset) != line)
                return false;
            isNamed = isNamed || (isHere && search.IsDirect(_code[i]));
        }
        return isNamed;
    }

    /// <summary>Whether an instruction is a part of the place, or of one before it whose value may have been moved to it.</summary>
    private bool IsHere(int index, HashSet<int> moved, int place, int end) =>
        moved.Contains(_places[index]) || (_places[index] < place && _code[index].Offset >= place && _code[index].Offset < end);

    /// <summary>Finds the calls of optimized code that may be the one.</summary>
    private void FindOptimized(CallSearch search, HashSet<int> moved, int place, int? next, int end, List<Instruction> sure, List<Instruction> possible)
    {
        for (int i = 0; i < _code.Count; i++)
        {
            if (IsHere(i, moved, place, end))
                Add(i);
        }
        // If it is not known that a call here leads to the next frame, calls without a place are not limited to what is near.
        int? limit = sure.Count > 0 ? next : null;
        for (int i = 0; i < _code.Count; i++)
        {
            if (!IsHere(i, moved, place, end) && IsLost(i, place, limit))
                Add(i, isLost: sure.Count > 0);
        }
        if (sure.Count + possible.Count == 0)
        {
            for (int i = 0; i < _code.Count; i++)
                Add(i);
        }

        void Add(int i, bool isLost = false)
        {
            CallFit fit = search.Fit(_code[i]);
            if (fit == CallFit.No || (fit == CallFit.Elsewhere && isLost))
                return;
            (fit < CallFit.Through ? possible : sure).Add(_code[i]);
        }
    }

    /// <summary>
    /// Whether code of an instruction can have the place of the code before it. A place with several calls can lose it: the compiler gives it to the
    /// first part of the code, which vanishes if it was inlined, or comes after values that it saves before.
    /// </summary>
    private bool IsLost(int index, int place, int? next)
    {
        int own = _places[index], start = own < 0 ? _code[index].Offset : own;
        bool hasPlace = own >= 0 && _compiled.Contains(own);
        if (hasPlace && _callsAt[own] < 2)
            return false;
        int after = hasPlace ? own : _compiled.After(start);
        return next is null || next == after || place == _compiled.Before(start) || _jumps.Contains((place, start));
    }

    /// <summary>Adds the places before one whose value may have been moved to it: each stores a local variable that is loaded after it.</summary>
    private void AddMoved(int place, HashSet<int> moved)
    {
        const int max = 8;
        int first = _code.FindIndex(i => i.Offset == place);
        for (int count = 0; count < max && first > 0; count++)
        {
            if (_code[first - 1].Stored is not { } local || _places[first - 1] < 0 || !IsLoaded(local, first, place))
                return;
            moved.Add(_places[first - 1]);
            first = _code.FindIndex(i => i.Offset == _places[first - 1]);
        }
    }

    /// <summary>Whether a local variable is loaded from an instruction to the end of the place.</summary>
    private bool IsLoaded(int local, int first, int place)
    {
        for (int i = first; i < _code.Count && (_code[i].Offset <= place || _places[i] == place); i++)
        {
            if (_code[i].Loaded == local)
                return true;
        }
        return false;
    }

    private bool IsOneLine(int start, int end)
    {
        int line = LineAt(start);
        foreach (PdbStatement statement in _statements)
        {
            if (statement.ILOffset > start && statement.ILOffset < end && statement.Line != 0 && statement.Line != line)
                return false;
        }
        return true;
    }

    /// <summary>The line that a dump shows for an IL offset: that of the last statement with a line.</summary>
    private int LineAt(int offset)
    {
        int line = 0;
        foreach (PdbStatement statement in _statements)
        {
            if (statement.ILOffset > offset)
                break;
            if (statement.Line != 0)
                line = statement.Line;
        }
        return line;
    }
}
