using Stackflare.Interop;

namespace Stackflare.Symbols.Modules;

/// <summary>A path where a file was not found, and what was there.</summary>
internal readonly record struct WatchedPath(RootedPath Path, FileStamp? Stamp)
{
    public bool HasChanged => RegularFile.Stat(Path) != Stamp;
}
