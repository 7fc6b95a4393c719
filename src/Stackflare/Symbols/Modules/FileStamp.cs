namespace Stackflare.Symbols.Modules;

/// <summary>What changes about a file when its content does.</summary>
internal readonly record struct FileStamp(long Length, long ModifiedTicks);
