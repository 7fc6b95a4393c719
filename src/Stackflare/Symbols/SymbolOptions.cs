using Stackflare.Interop;

namespace Stackflare.Symbols;

/// <summary>Where to search for symbols and source text, and whether source text is wanted.</summary>
internal sealed record SymbolOptions
{
    /// <summary>For a tool, which may end because of a truncated file, and may keep more than a dumped program.</summary>
    public static SymbolOptions ForTool { get; } = new() { MapsFiles = true, RetainedBytes = SymbolLimits.RetainedBytesInTool };

    /// <summary>Whether frames have the text of their source line.</summary>
    public bool SourceText { get; init; } = true;

    /// <summary>
    /// Additional directories with PDBs and assemblies, including subdirectories. They belong to the caller, so <see cref="RootPrefix"/> does not
    /// apply.
    /// </summary>
    public IReadOnlyList<string> SymbolDirectories { get; init; } = [];

    /// <summary>The target's executable, for example <c>/proc/123/exe</c>; searched as a bundle if a module has no file of its own.</summary>
    public string? SingleFilePath { get; init; }

    /// <summary>The prefix for paths of the target, for example <c>/proc/123/root</c>; empty for our own mount namespace.</summary>
    public string RootPrefix { get; init; } = "";

    /// <summary>
    /// Whether modules and PDBs are mapped, which is faster than reading. Must be false inside of a dumped program: if a mapped file is truncated,
    /// the process that reads it ends.
    /// </summary>
    public bool MapsFiles { get; init; }

    /// <summary>Estimated bytes of results that are kept between dumps.</summary>
    public int RetainedBytes { get; init; } = SymbolLimits.RetainedBytes;

    /// <summary>A path that the target names.</summary>
    public RootedPath InTarget(string path) => new(RootPrefix, path);
}
