namespace Stackflare.Analysis;

/// <summary>
/// Compares frames as <see cref="SameFrame"/>, but takes a method that is suspended at an <c>await</c> for the same as one that runs the statement on a thread: both
/// are in the same call.
/// </summary>
internal sealed class SameCall : IEqualityComparer<DumpFrame>
{
    private SameCall() { }

    public static SameCall Comparer { get; } = new();

    public bool Equals(DumpFrame? x, DumpFrame? y) => SameFrame.Comparer.Equals(x, y)
        || (x is { Kind: FrameKind.Async or FrameKind.Managed, Source: { } source } && y is { Kind: FrameKind.Async or FrameKind.Managed, Source: { } other }
            && x.IsHidden == y.IsHidden && source.Line == other.Line && source.Path == other.Path && x.Method == y.Method);

    public int GetHashCode(DumpFrame obj) => HashCode.Combine(obj.Source?.Line, obj.Method.FullName);
}
