using System.Runtime.CompilerServices;

namespace Stackflare;

/// <summary>
/// Whether two frames stand at the same place of the program: the one definition of "same frame" behind groups of threads, groups of async stacks,
/// folded recursion and findings. A place is a method, an IL offset and a line. Where the code lies does not count: the runtime compiles a method more than once
/// (tiers, on-stack replacement), and threads that entered it before and after stand at different addresses of one place.
/// </summary>
/// <remarks>
/// The method is told by its module, its token, its name and its type arguments; a method without a token (a <c>DynamicMethod</c>, a stub) by its name and parameters.
/// Where the IL offset is not known, every place in a method is the same. All runs of native frames are the same.
/// </remarks>
internal sealed class SameFrame : IEqualityComparer<DumpFrame>
{
    private SameFrame() { }

    public static SameFrame Comparer { get; } = new();

    // Of a hundred thousand stacks, each frame: it must not wait for tiering. Most that are the same are one object.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Equals(DumpFrame? x, DumpFrame? y) =>
        ReferenceEquals(x, y) || (x is not null && y is not null && GetHashCode(x) == GetHashCode(y) && AreSame(x, y));

    /// <summary>Worked out once for each frame.</summary>
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
            // An interface call for each frame would be a good part of the work.
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
        // Zero stands for "not worked out yet".
        return hash == 0 ? 1 : hash;
    }
}
