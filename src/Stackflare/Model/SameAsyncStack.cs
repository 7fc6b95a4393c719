using System.Runtime.CompilerServices;

namespace Stackflare;

/// <summary>
/// Compares async stacks: two are equal if the same methods wait for the same kind of thing. Objects, due times and blocked threads do not count, so
/// that a thousand requests in one queue are equal. Frames are compared with <see cref="SameFrame"/>, threads by reference.
/// </summary>
internal sealed class SameAsyncStack : IEqualityComparer<AsyncStack>
{
    /// <summary>
    /// Limits for comparing unfinished tasks: count and depth. Shared tasks make the number of paths exponential. Beyond the limits, only the same
    /// object is equal.
    /// </summary>
    private const int MaxStacks = 10_000, MaxDepth = 64;

    private SameAsyncStack() { }

    public static SameAsyncStack Comparer { get; } = new();

    public bool Equals(AsyncStack? x, AsyncStack? y)
    {
        if (ReferenceEquals(x, y))
            return true;
        // Limits the cost of many stacks that are almost equal.
        if (x is null || y is null || ShapeOf(x) != ShapeOf(y) || SizeOf(x.Shape) > MaxStacks)
            return false;
        int left = MaxStacks;
        return AreAlike(x, y, 0, ref left);
    }

    public int GetHashCode(AsyncStack obj) => SizeOf(ShapeOf(obj)) <= MaxStacks ? (int)obj.Shape : RuntimeHelpers.GetHashCode(obj);

    private static int SizeOf(long shape) => (int)(shape >> 32);

    /// <summary>
    /// The number of stacks inside this one, and a hash that is the same for equal stacks. Visits each nested stack once,
    /// and not recursively, because nesting can be deep.
    /// </summary>
    private static long ShapeOf(AsyncStack stack)
    {
        if (stack.Shape != 0)
            return stack.Shape;
        var open = new Stack<AsyncStack>();
        open.Push(stack);
        while (open.TryPeek(out AsyncStack? top))
        {
            IReadOnlyList<AsyncStack> unfinished = top.WaitingFor.Unfinished;
            int before = open.Count;
            if (top.Shape == 0)
            {
                foreach (AsyncStack inner in unfinished)
                {
                    if (inner.Shape == 0)
                        open.Push(inner);
                }
            }
            if (open.Count > before)
                continue;
            open.Pop();
            if (top.Shape != 0)
                continue;
            (int hash, int size) = (HashOf(top), 1);
            foreach (AsyncStack inner in unfinished)
                (hash, size) = (HashCode.Combine(hash, (int)inner.Shape), Math.Min(size + SizeOf(inner.Shape), MaxStacks + 1));
            top.Shape = (long)size << 32 | (uint)hash;
        }
        return stack.Shape;
    }

    private static int HashOf(AsyncStack stack)
    {
        AsyncWait wait = stack.WaitingFor;
        int hash = HashCode.Combine(SameFrame.HashOf(stack.Frames), wait.Kind, wait.Type, wait.Pending, wait.Total, wait.Unfinished.Count, wait.Operation, wait.Thread);
        return stack.BlockedThreads.Count > 0 ? ~hash : hash;
    }

    /// <summary>Compares two stacks and the incomplete tasks that they wait for.</summary>
    private static bool AreAlike(AsyncStack? x, AsyncStack? y, int depth, ref int left) => ReferenceEquals(x, y)
        || (x is not null && y is not null && depth < MaxDepth && left-- > 0
            && x.IsTruncated == y.IsTruncated
            && x.BlockedThreads.Count > 0 == y.BlockedThreads.Count > 0
            && SameFrame.AreSame(x.Frames, y.Frames)
            && AreAlike(x.WaitingFor, y.WaitingFor, depth, ref left));

    private static bool AreAlike(AsyncWait x, AsyncWait y, int depth, ref int left)
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
            if (!AreAlike(x.Unfinished[i], y.Unfinished[i], depth + 1, ref left))
                return false;
        }
        return true;
    }
}
