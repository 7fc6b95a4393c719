using Stackflare.Snapshots;
using Stackflare.Symbols.Saved;

namespace Stackflare.Symbols;

/// <summary>
/// Turns the records of a snapshot into names, files, lines and source text. One object serves all dumps of a process: it remembers finished
/// results (bounded), and opens files only for what it does not know, closing them before it returns.
/// Not safe for use by two threads at once. Needs no thread pool, timer or console, and takes no lock.
/// </summary>
/// <remarks>
/// What is broken, hostile or missing in the target's data makes a frame less informative, never an exception.
/// </remarks>
internal sealed class Symbolicator(SymbolOptions options)
{
    private readonly SymbolCache _cache = new(options);

    /// <summary>Estimated bytes kept from one call to the next.</summary>
    internal int RetainedBytes => _cache.Retained;

    /// <summary>Resolves all frames: the result has one for each of <see cref="Snapshot.Frames"/>, at the same index.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="saved">What was found when it was saved; null if it was not, or is to be looked for afresh.</param>
    public DumpFrame[] Resolve(Snapshot snapshot, SavedSymbols? saved = null)
    {
        using SymbolSession session = Open(snapshot, saved);
        return session.ResolveAll();
    }

    /// <summary>Begins to look at a snapshot, until the session is disposed; one at a time.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="saved">What was found when it was saved; null if it was not, or is to be looked for afresh.</param>
    public SymbolSession Open(Snapshot snapshot, SavedSymbols? saved = null) => new(snapshot, options, _cache, saved);

    /// <summary>The full name of a type of the snapshot, for example <c>System.Collections.Generic.List`1[System.Int32]</c>; "?" where it is not known.</summary>
    public string TypeName(Snapshot snapshot, int typeIndex, SavedSymbols? saved = null)
    {
        using SymbolSession session = Open(snapshot, saved);
        return session.Types.Name(typeIndex);
    }
}
