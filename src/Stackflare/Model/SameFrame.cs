using System.Runtime.CompilerServices;

namespace Stackflare;

/// <summary>
/// Compares frames by what is printed of them: the only definition of "same frame" for groups of threads, groups of async stacks, folded recursion
/// and findings. Equal are frames with the same method name and parameters at the same line; without a line, also in a module of the same name. Code address,
/// IL offset and type arguments do not count: the runtime compiles a method more than once (tiers, on-stack replacement, type arguments), and the
/// compiled versions have different offsets for one line.
/// </summary>
/// <remarks>All native frames are equal. A hidden frame is not equal to a visible one.</remarks>
internal sealed class SameFrame : IEqualityComparer<DumpFrame>
{
    private SameFrame() { }

    public static SameFrame Comparer { get; } = new();

    // Called for each frame of up to 100,000 stacks, so it must not start in tier 0. Most equal frames are the same object.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Equals(DumpFrame? x, DumpFrame? y) =>
        ReferenceEquals(x, y) || (x is not null && y is not null && GetHashCode(x) == GetHashCode(y) && AreSame(x, y));

    /// <summary>Computed once for each frame.</summary>
    public int GetHashCode(DumpFrame obj) => obj.PlaceHash != 0 ? obj.PlaceHash : obj.PlaceHash = HashOf(obj);

    /// <summary>Whether two stacks have the same frames.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool AreSame(IReadOnlyList<DumpFrame> x, IReadOnlyList<DumpFrame> y)
    {
        if (ReferenceEquals(x, y))
            return true;
        if (x.Count != y.Count)
            return false;
        if (x is DumpFrame[] one && y is DumpFrame[] other)
        {
            // An interface call for each frame would cost a large part of the time.
            for (int i = 0; i < one.Length; i++)
            {
                if (!Comparer.Equals(one[i], other[i]))
                    return false;
            }
            return true;
        }
        for (int i = 0; i < x.Count; i++)
        {
            if (!Comparer.Equals(x[i], y[i]))
                return false;
        }
        return true;
    }

    /// <summary>The hash of a stack, for <see cref="AreSame(IReadOnlyList{DumpFrame}, IReadOnlyList{DumpFrame})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int HashOf(IReadOnlyList<DumpFrame> frames)
    {
        int hash = frames.Count;
        if (frames is DumpFrame[] array)
        {
            foreach (DumpFrame frame in array)
                hash = unchecked((hash * 31) + Comparer.GetHashCode(frame));
        }
        else
        {
            for (int i = 0; i < frames.Count; i++)
                hash = unchecked((hash * 31) + Comparer.GetHashCode(frames[i]));
        }
        return hash;
    }

    private static bool AreSame(DumpFrame x, DumpFrame y) =>
        x.Kind == y.Kind
        && x.IsHidden == y.IsHidden
        && x.Method == y.Method
        && (x.Source is { } source
            ? y.Source is { } other && source.Line == other.Line && source.Path == other.Path
            : y.Source is null && x.Module?.Name == y.Module?.Name);

    private static int HashOf(DumpFrame frame)
    {
        int hash = HashCode.Combine(frame.Kind, frame.Source?.Line, frame.Method.FullName);
        // Zero means "not yet computed".
        return hash == 0 ? 1 : hash;
    }
}
