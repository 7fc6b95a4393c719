using Stackflare.Interop;

namespace Stackflare.Symbols;

/// <summary>Where symbols and source text are looked for, and whether source text is wanted.</summary>
internal sealed record SymbolOptions
{
    /// <summary>Whether frames carry the text of their source line.</summary>
    public bool SourceText { get; init; } = true;

    /// <summary>Further directories to look for PDBs and for assemblies in, and below. They are the caller's, so <see cref="RootPrefix"/> does not apply.</summary>
    public IReadOnlyList<string> SymbolDirectories { get; init; } = [];

    /// <summary>The target's executable, for example <c>/proc/123/exe</c>; searched as a bundle when a module has no file of its own.</summary>
    public string? SingleFilePath { get; init; }

    /// <summary>What to put before the paths a target names, for example <c>/proc/123/root</c>; empty for the own mount namespace.</summary>
    public string RootPrefix { get; init; } = "";

    /// <summary>
    /// Whether modules and PDBs are mapped, which is faster than reading. Not in a program that is dumped: if a mapped file is truncated, the process that reads it ends.
    /// </summary>
    public bool MapsFiles { get; init; }

    /// <summary>Estimated bytes of finished results that are kept between two dumps.</summary>
    public int RetainedBytes { get; init; } = SymbolLimits.RetainedBytes;

    /// <summary>A path that the target names.</summary>
    public RootedPath InTarget(string path) => new(RootPrefix, path);
}
