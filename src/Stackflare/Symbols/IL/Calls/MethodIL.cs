using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace Stackflare.Symbols.IL.Calls;

/// <summary>
/// The instructions of a method, and to which place the optimizing compiler assigns the code of each. It begins a place where the evaluation stack is
/// empty, after a <c>nop</c>, and after a call that returns nothing (ICorDebugInfo's implicit boundaries).
/// </summary>
internal sealed class MethodIL
{
    private const int Nop = 0;

    public static readonly MethodIL Empty = new([], [], [], static _ => null);

    private readonly List<int> _targets;
    private readonly ImmutableArray<ExceptionRegion> _regions;
    private readonly Func<int, CalledMethod?> _method;
    private int[]? _places;

    private MethodIL(List<Instruction> instructions, List<int> targets, ImmutableArray<ExceptionRegion> regions, Func<int, CalledMethod?> method) =>
        (Instructions, _targets, _regions, _method) = (instructions, targets, regions, method);

    public List<Instruction> Instructions { get; }

    /// <summary>
    /// For each instruction, the IL offset where its place begins. Negative if the code begins in the middle of an expression, for example in a branch of
    /// a conditional: the compiler then assigns the code to any place. Found on demand, because of a method that is only followed, nobody asks.
    /// </summary>
    public int[] Places => _places ??= FindPlaces();

    /// <summary>Reads a method.</summary>
    /// <param name="code">The IL.</param>
    /// <param name="regions">Its protected regions.</param>
    /// <param name="method">Returns the method that a call's token names.</param>
    public static MethodIL Read(ReadOnlySpan<byte> code, ImmutableArray<ExceptionRegion> regions, Func<int, CalledMethod?> method)
    {
        List<int> targets = [];
        return new MethodIL(InstructionReader.Read(code, targets), targets, regions, method);
    }

    private int[] FindPlaces()
    {
        var depths = new Dictionary<int, int>();
        var starts = new HashSet<int>(_targets);
        foreach (Instruction instruction in Instructions)
        {
            if (instruction.IsBranch)
                starts.Add(instruction.Operand);
        }
        foreach (ExceptionRegion region in _regions.AsSpan()[..Math.Min(_regions.Length, SymbolLimits.ExceptionRegions)])
        {
            starts.Add(region.TryOffset);
            starts.Add(region.HandlerOffset);
            if (region.Kind is ExceptionRegionKind.Catch or ExceptionRegionKind.Filter)
                depths[region.HandlerOffset] = 1;
            if (region.Kind == ExceptionRegionKind.Filter)
                depths[region.FilterOffset] = 1;
        }
        return FindPlaces(starts, depths);
    }

    private int[] FindPlaces(HashSet<int> starts, Dictionary<int, int> depths)
    {
        int[] places = new int[Instructions.Count];
        int depth = 0, place = -1, nextTarget = 0;
        bool isBoundary = false, isReached = true, isBlock = true;
        for (int i = 0; i < places.Length; i++)
        {
            Instruction instruction = Instructions[i];
            if (depths.TryGetValue(instruction.Offset, out int known))
                depth = known;
            else if (!isReached)
                depth = 0;
            isBlock |= starts.Contains(instruction.Offset);
            if (depth == 0 || (isBoundary && !isBlock))
                place = instruction.Offset;
            else if (isBlock)
                place = -1;
            places[i] = place;
            CalledMethod? called = instruction.IsCall || instruction.Code == Instruction.CallIndirect ? _method(instruction.Operand) : null;
            depth = Math.Max(0, depth + (called is null ? StackEffect.Of(instruction.Code) : StackEffect.Of(instruction, called)));
            isBoundary = instruction.Code == Nop || called is { ReturnsValue: false };
            isReached = !instruction.IsEnd;
            isBlock = instruction.IsBranch || instruction.IsEnd || instruction.Code == Instruction.Switch;
            if (instruction.IsBranch)
                depths.TryAdd(instruction.Operand, instruction.Code is Instruction.Leave or Instruction.ShortLeave ? 0 : depth);
            for (int count = instruction.Code == Instruction.Switch ? instruction.Operand : 0; count > 0; count--)
                depths.TryAdd(_targets[nextTarget++], depth);
        }
        return places;
    }
}
