using System.Runtime.CompilerServices;

namespace Stackflare;

/// <summary>
/// Compares frames by their place in the program: the only definition of "same frame" for groups of threads, groups of async stacks, folded recursion
/// and findings. A place is a method, an IL offset and a line. The code address does not count: the runtime compiles a method more than once (tiers,
/// on-stack replacement), so that threads can be at different addresses of one place.
/// </summary>
/// <remarks>
/// A method is identified by module, token, name and type arguments; a method without a token (a <c>DynamicMethod</c>, a stub) by name and
/// parameters. If the IL offset is not known, every place in the method is equal. All native frames are equal.
/// </remarks>
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
        && x.MetadataToken == y.MetadataToken
        && x.ILOffset == y.ILOffset
        && x.IsHidden == y.IsHidden
        && x.Source?.Line == y.Source?.Line
        && x.Source?.Path == y.Source?.Path
        && x.Method == y.Method
        && x.Module == y.Module
        && x.TypeArguments.SequenceEqual(y.TypeArguments);

    private static int HashOf(DumpFrame frame)
    {
        int hash = HashCode.Combine(frame.Kind, frame.MetadataToken, frame.ILOffset, frame.Source?.Line, frame.Method.FullName, frame.Module?.Mvid, frame.TypeArguments.Count);
        // Zero means "not yet computed".
        return hash == 0 ? 1 : hash;
    }
}
