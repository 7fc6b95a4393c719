namespace Stackflare.Symbols.Modules;

/// <summary>A file in a single-file bundle.</summary>
/// <param name="Path">The path relative to the application's directory.</param>
/// <param name="Offset">Offset of its bytes in the executable.</param>
/// <param name="Size">Its uncompressed length.</param>
/// <param name="CompressedSize">Its length in the executable if it is compressed; otherwise 0.</param>
internal readonly record struct BundleEntry(string Path, long Offset, long Size, long CompressedSize);
