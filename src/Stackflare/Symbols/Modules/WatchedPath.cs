using Stackflare.Interop;

namespace Stackflare.Symbols.Modules;

/// <summary>A path that was looked at in vain, and what was there.</summary>
internal readonly record struct WatchedPath(RootedPath Path, FileStamp? Stamp)
{
    public bool HasChanged => RegularFile.Stat(Path) != Stamp;
}
