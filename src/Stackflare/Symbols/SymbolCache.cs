using Stackflare.Snapshots;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols;

/// <summary>Results that are kept between dumps, limited by <see cref="SymbolOptions.RetainedBytes"/>.</summary>
internal sealed class SymbolCache(SymbolOptions options)
{
    private readonly Dictionary<string, ModuleCacheEntry> _modules = [];
    private int _session;

    public BundleFile Bundle { get; } = new(options);

    public SymbolFolders Folders { get; } = new(options.SymbolDirectories);

    /// <summary>Estimated bytes kept.</summary>
    public int Retained => _modules.Values.Sum(static entry => entry.Retained);

    public int NextSession() => ++_session;

    /// <summary>
    /// The cached results of a module, by its version id. The path is part of the key because the PDB is searched next to it. So is
    /// the PDB reference that came with the snapshot or its file: a wrong one must not affect other snapshots.
    /// A module without an id is never found again.
    /// </summary>
    public ModuleCacheEntry EntryFor(SnapshotModule module, PdbReference? saved)
    {
        if (module.Mvid is not { } mvid)
            return new ModuleCacheEntry();
        string key = string.Concat(
            mvid.ToString("N"), module.Image.IsEmpty ? "-" : "i", module.Symbols.IsEmpty ? "-" : "s",
            saved?.Id is { } id ? $"{id.Guid:N}{id.Stamp:x8}" : "-") + module.Path;
        if (!_modules.TryGetValue(key, out ModuleCacheEntry? entry))
            _modules.Add(key, entry = new ModuleCacheEntry());
        entry.UsedIn = _session;
        return entry;
    }

    /// <summary>
    /// Ends a session: closes open files, and removes modules if the cache is too large. Removes the least recently used ones first, and of
    /// those from the same session the largest, so that as many as possible stay.
    /// </summary>
    public void Close()
    {
        Bundle.Close();
        int tooMuch = Retained - options.RetainedBytes;
        if (tooMuch <= 0)
            return;
        foreach ((string key, ModuleCacheEntry entry) in _modules.OrderBy(static m => m.Value.UsedIn).ThenByDescending(static m => m.Value.Retained).ToArray())
        {
            if (tooMuch <= 0)
                return;
            _modules.Remove(key);
            tooMuch -= entry.Retained;
        }
    }
}
