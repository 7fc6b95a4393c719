namespace Stackflare.Interop;

/// <summary>
/// A path as a process sees it. Its root directory can differ from ours. <see cref="SafeOpen"/> follows links as the process would.
/// </summary>
/// <param name="Root">The root directory, for example <c>/proc/123/root</c>; empty for our own.</param>
/// <param name="Path">The path inside of the root.</param>
internal readonly record struct RootedPath(string Root, string Path)
{
    /// <summary>A path in our own root.</summary>
    public static implicit operator RootedPath(string path) => new("", path);

    /// <summary>For messages only. Opening this text would follow absolute links to our own root.</summary>
    public override string ToString() => Root + Path;
}
