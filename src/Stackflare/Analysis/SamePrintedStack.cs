namespace Stackflare.Analysis;

/// <summary>
/// Compares async stacks by what is printed of them, for text. Only visible frames count, and the type of what is waited for only if it is printed. What is printed for a
/// whole group does not count: how many tasks of a <c>WhenAll</c> have completed, what the others wait for, and which threads run the methods. Otherwise, a hundred
/// requests that wait for eight tasks each would be as many groups as there are ways to be not finished. For few stacks: nothing is cached.
/// </summary>
internal sealed class SamePrintedStack : IEqualityComparer<AsyncStack>
{
    private SamePrintedStack() { }

    public static SamePrintedStack Comparer { get; } = new();

    public bool Equals(AsyncStack? x, AsyncStack? y) => ReferenceEquals(x, y)
        || (x is not null && y is not null
            && x.IsTruncated == y.IsTruncated
            && x.BlockedThreads.Count > 0 == y.BlockedThreads.Count > 0
            && AreAlike(x.WaitingFor, y.WaitingFor)
            && SameFrame.AreSame(Visible(x.Frames), Visible(y.Frames)));

    public int GetHashCode(AsyncStack obj) => HashCode.Combine(SameFrame.HashOf(Visible(obj.Frames)), obj.WaitingFor.Kind, TypeOf(obj.WaitingFor), obj.WaitingFor.Operation);

    private static bool AreAlike(AsyncWait x, AsyncWait y) => x.Kind == y.Kind
        && x.Operation == y.Operation
        && TypeOf(x) == TypeOf(y)
        && x.Thread is null == y.Thread is null
        && x.Pending is null == y.Pending is null
        && x.Total is null == y.Total is null;

    private static IReadOnlyList<DumpFrame> Visible(IReadOnlyList<DumpFrame> frames) => VisibleFrames.Of(frames, all: false);

    private static string? TypeOf(AsyncWait wait) =>
        wait.Kind is AsyncWaitKind.TaskCompletionSource or AsyncWaitKind.Stream or AsyncWaitKind.Work or AsyncWaitKind.Other or AsyncWaitKind.Unknown ? wait.Type : null;
}
