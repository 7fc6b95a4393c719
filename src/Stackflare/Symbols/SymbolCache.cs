using Stackflare.Snapshots;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols;

/// <summary>What is kept between two dumps, bounded by <see cref="SymbolLimits.RetainedBytes"/>.</summary>
internal sealed class SymbolCache(SymbolOptions options)
{
    private readonly Dictionary<string, ModuleCacheEntry> _modules = [];
    private int _lineTexts;
    private int _session;

    public BundleFile Bundle { get; } = new(options);

    public SymbolFolders Folders { get; } = new(options.SymbolDirectories);

    /// <summary>Estimated bytes kept.</summary>
    public int Retained
    {
        get
        {
            int retained = _lineTexts;
            foreach (ModuleCacheEntry memory in _modules.Values)
                retained += 500 + memory.Retained;
            return retained;
        }
    }

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
        if (!_modules.TryGetValue(key, out ModuleCacheEntry? memory))
            _modules.Add(key, memory = new ModuleCacheEntry());
        return memory;
    }

    /// <summary>Ends a session: closes what is open, and forgets everything if it has become too much.</summary>
    public void Close(int lineTexts)
    {
        Bundle.Close();
        _lineTexts += lineTexts;
        if (Retained > SymbolLimits.RetainedBytes)
        {
            _modules.Clear();
            _lineTexts = 0;
        }
    }
}
