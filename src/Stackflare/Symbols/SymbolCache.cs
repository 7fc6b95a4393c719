using Stackflare.Snapshots;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols;

/// <summary>What is kept between two dumps, bounded by <see cref="SymbolOptions.RetainedBytes"/>.</summary>
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
    /// What is remembered of a module. It is known by its version id; the path is part of the key because its PDB is looked for there, and so is
    /// what came with the snapshot, or with its file: one that names the wrong PDB must not speak for the others.
    /// A module without an id cannot be known again.
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
    /// Ends a session: closes what is open, and forgets modules if they have become too much. First those that were not used for longest; of
    /// those of one session the largest, so that as many as possible stay.
    /// </summary>
    public void Close()
    {
        Bundle.Close();
        int retained = Retained;
        if (retained <= options.RetainedBytes)
            return;
        foreach ((string key, int bytes) in _modules.OrderBy(static m => m.Value.UsedIn).ThenByDescending(static m => m.Value.Retained).Select(static m => (m.Key, m.Value.Retained)).ToArray())
        {
            _modules.Remove(key);
            retained -= bytes;
            if (retained <= options.RetainedBytes)
                return;
        }
    }
}
