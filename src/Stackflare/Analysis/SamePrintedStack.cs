namespace Stackflare.Analysis;

/// <summary>
/// Compares async stacks by what is printed of them: <see cref="SameAsyncStack"/>, but only visible frames count, and the type of what is waited for
/// only if it is printed. For few stacks: nothing is cached.
/// </summary>
internal sealed class SamePrintedStack : IEqualityComparer<AsyncStack>
{
    /// <summary>
    /// Limits for comparing incomplete tasks: count and depth. Shared tasks make the number of paths exponential. Beyond the limits, only the same
    /// object is equal.
    /// </summary>
    private const int MaxStacks = 10_000, MaxDepth = 64;

    private SamePrintedStack() { }

    public static SamePrintedStack Comparer { get; } = new();

    public bool Equals(AsyncStack? x, AsyncStack? y)
    {
        int left = MaxStacks;
        return AreAlike(x, y, 0, ref left);
    }

    public int GetHashCode(AsyncStack obj)
    {
        AsyncWait wait = obj.WaitingFor;
        return HashCode.Combine(SameFrame.HashOf(VisibleFrames.Of(obj.Frames, all: false)), wait.Kind, TypeOf(wait), wait.Pending, wait.Total, wait.Unfinished.Count, wait.Operation);
    }

    private static bool AreAlike(AsyncStack? x, AsyncStack? y, int depth, ref int left) => ReferenceEquals(x, y)
        || (x is not null && y is not null && depth < MaxDepth && left-- > 0
            && x.IsTruncated == y.IsTruncated
            && x.BlockedThreads.Count > 0 == y.BlockedThreads.Count > 0
            && SameFrame.AreSame(VisibleFrames.Of(x.Frames, all: false), VisibleFrames.Of(y.Frames, all: false))
            && AreAlike(x.WaitingFor, y.WaitingFor, depth, ref left));

    private static bool AreAlike(AsyncWait x, AsyncWait y, int depth, ref int left)
    {
        if (x.Kind != y.Kind || x.Pending != y.Pending || x.Total != y.Total || TypeOf(x) != TypeOf(y) || x.Operation != y.Operation
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

    private static string? TypeOf(AsyncWait wait) =>
        wait.Kind is AsyncWaitKind.TaskCompletionSource or AsyncWaitKind.Stream or AsyncWaitKind.Work or AsyncWaitKind.Other or AsyncWaitKind.Unknown ? wait.Type : null;
}
