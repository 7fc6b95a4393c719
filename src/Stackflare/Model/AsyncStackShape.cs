using System.Runtime.CompilerServices;

namespace Stackflare;

/// <summary>
/// Whether async stacks are alike: the same methods that wait for the same sort of thing. Neither which object it is nor when it is due counts, so that a thousand
/// requests in one queue are alike. Frames and threads are compared by reference: a dump has one object for each.
/// </summary>
internal sealed class AsyncStackShape : IEqualityComparer<AsyncStack>
{
    /// <summary>Deeper than any model has tasks within tasks. What is below is compared by reference, so that no dump can exhaust the stack.</summary>
    private const int Deepest = 64;

    private AsyncStackShape() { }

    public static AsyncStackShape Comparer { get; } = new();

    public bool Equals(AsyncStack? x, AsyncStack? y) => AreAlike(x, y, depth: 0);

    public int GetHashCode(AsyncStack obj)
    {
        var hash = new HashCode();
        Add(ref hash, obj, depth: 0);
        return hash.ToHashCode();
    }

    private static void Add(ref HashCode hash, AsyncStack stack, int depth)
    {
        IReadOnlyList<DumpFrame> frames = stack.Frames;
        if (frames is DumpFrame[] array)
        {
            // An interface call for each frame would cost more than the hash.
            foreach (DumpFrame frame in array)
                hash.Add(RuntimeHelpers.GetHashCode(frame));
        }
        else
        {
            for (int i = 0; i < frames.Count; i++)
                hash.Add(RuntimeHelpers.GetHashCode(frames[i]));
        }
        AsyncWait wait = stack.WaitingFor;
        hash.Add((int)wait.Kind);
        hash.Add(wait.Pending);
        hash.Add(wait.Total);
        hash.Add(wait.Unfinished.Count);
        for (int i = 0; i < wait.Unfinished.Count && depth < Deepest; i++)
            Add(ref hash, wait.Unfinished[i], depth + 1);
    }

    private static bool AreAlike(AsyncStack? x, AsyncStack? y, int depth) => ReferenceEquals(x, y)
        || (x is not null && y is not null && depth < Deepest
            && x.IsTruncated == y.IsTruncated
            && AreSame(x.Frames, y.Frames)
            && AreAlike(x.WaitingFor, y.WaitingFor, depth)
            && AreSame(x.BlockedThreads, y.BlockedThreads));

    private static bool AreAlike(AsyncWait x, AsyncWait y, int depth)
    {
        if (ReferenceEquals(x, y))
            return true;
        if (x.Kind != y.Kind || x.Pending != y.Pending || x.Total != y.Total || x.Type != y.Type || x.Operation != y.Operation
            || !ReferenceEquals(x.Thread, y.Thread) || x.Unfinished.Count != y.Unfinished.Count)
        {
            return false;
        }
        for (int i = 0; i < x.Unfinished.Count; i++)
        {
            if (!AreAlike(x.Unfinished[i], y.Unfinished[i], depth + 1))
                return false;
        }
        return true;
    }

    private static bool AreSame<T>(IReadOnlyList<T> x, IReadOnlyList<T> y)
        where T : class
    {
        if (ReferenceEquals(x, y))
            return true;
        if (x.Count != y.Count)
            return false;
        for (int i = 0; i < x.Count; i++)
        {
            if (!ReferenceEquals(x[i], y[i]))
                return false;
        }
        return true;
    }
}
