namespace Stackflare.Symbols.Modules;

/// <summary>The properties of a file that change with its content.</summary>
internal readonly record struct FileStamp(long Length, long ModifiedTicks);
