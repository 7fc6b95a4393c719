namespace Stackflare.Interop;

/// <summary>A path as a process sees it, whose root directory may be another than ours. <see cref="SafeOpen"/> follows the links on it as the process would.</summary>
/// <param name="Root">The root directory, for example <c>/proc/123/root</c>; empty for our own.</param>
/// <param name="Path">The path in it.</param>
internal readonly record struct RootedPath(string Root, string Path)
{
    /// <summary>A path in our own root.</summary>
    public static implicit operator RootedPath(string path) => new("", path);

    /// <summary>For messages. Opened by this text, an absolute link on the path would lead into our own root.</summary>
    public override string ToString() => Root + Path;
}
