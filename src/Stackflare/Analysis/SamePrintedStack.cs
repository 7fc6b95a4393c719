namespace Stackflare.Analysis;

/// <summary>
/// Compares async stacks by what is printed of them: <see cref="SameAsyncStack"/>, but only visible frames count, and the type of what is waited for
/// only if it is printed. For few stacks: nothing is cached.
/// </summary>
internal sealed class SamePrintedStack : IEqualityComparer<AsyncStack>
{
    private SamePrintedStack() { }

    public static SamePrintedStack Comparer { get; } = new();

    public bool Equals(AsyncStack? x, AsyncStack? y) => SameAsyncStack.AreAlike(x, y, Visible, TypeOf);

    public int GetHashCode(AsyncStack obj)
    {
        AsyncWait wait = obj.WaitingFor;
        return HashCode.Combine(SameFrame.HashOf(Visible(obj.Frames)), wait.Kind, TypeOf(wait), wait.Pending, wait.Total, wait.Unfinished.Count, wait.Operation);
    }

    private static IReadOnlyList<DumpFrame> Visible(IReadOnlyList<DumpFrame> frames) => VisibleFrames.Of(frames, all: false);

    private static string? TypeOf(AsyncWait wait) =>
        wait.Kind is AsyncWaitKind.TaskCompletionSource or AsyncWaitKind.Stream or AsyncWaitKind.Work or AsyncWaitKind.Other or AsyncWaitKind.Unknown ? wait.Type : null;
}
