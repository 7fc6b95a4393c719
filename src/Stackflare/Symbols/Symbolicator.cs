using Stackflare.Snapshots;
using Stackflare.Symbols.Saved;

namespace Stackflare.Symbols;

/// <summary>
/// Resolves the records of a snapshot to names, files, lines and source text. One object serves all dumps of a process: it caches finished results
/// (limited), opens files only for what is not cached, and closes them before it returns. Not thread-safe. Needs no thread pool, timer or console,
/// and takes no lock.
/// </summary>
/// <remarks>
/// If the target's data is corrupt, hostile or incomplete, a frame has less information, but there is never an exception.
/// </remarks>
internal sealed class Symbolicator(SymbolOptions options)
{
    private readonly SymbolCache _cache = new(options);

    /// <summary>Estimated bytes that are kept between calls.</summary>
    internal int RetainedBytes => _cache.Retained;

    /// <summary>Resolves all frames: the result has one for each of <see cref="Snapshot.Frames"/>, at the same index.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="saved">The saved symbols of the snapshot; null if there are none, or if they must not be used.</param>
    public DumpFrame[] Resolve(Snapshot snapshot, SavedSymbols? saved = null)
    {
        using SymbolSession session = Open(snapshot, saved);
        return session.ResolveAll();
    }

    /// <summary>Opens a session for a snapshot. Only one can be open at a time.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="saved">The saved symbols of the snapshot; null if there are none, or if they must not be used.</param>
    public SymbolSession Open(Snapshot snapshot, SavedSymbols? saved = null) => new(snapshot, options, _cache, saved);

    /// <summary>Full name of a type in the snapshot, for example <c>System.Collections.Generic.List`1[System.Int32]</c>; "?" if not known.</summary>
    public string TypeName(Snapshot snapshot, int typeIndex, SavedSymbols? saved = null)
    {
        using SymbolSession session = Open(snapshot, saved);
        return session.Types.Name(typeIndex);
    }
}
