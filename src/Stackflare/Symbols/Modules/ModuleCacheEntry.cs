using Stackflare.Symbols.IL;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Modules;

/// <summary>
/// The cached results of a module between dumps: only finished results, nothing that is open. Null means that the module has no answer.
/// </summary>
internal sealed class ModuleCacheEntry
{
    private const int EmptyBytes = 500;

    /// <summary>By MethodDef token.</summary>
    public Dictionary<uint, MethodSymbol?> Methods { get; } = [];

    /// <summary>By MethodDef token and IL offset.</summary>
    public Dictionary<(uint Token, int Offset), PdbLine> Lines { get; } = [];

    /// <summary>The places of methods that called others.</summary>
    public Dictionary<CallerQuestion, CallerPlace> Callers { get; } = [];

    /// <summary>Number of lock statements around a place, by MethodDef token and IL offset.</summary>
    public Dictionary<(uint Token, int Offset), LockScopeCounts?> LockScopes { get; } = [];

    /// <summary>By Field token.</summary>
    public Dictionary<uint, FieldSymbol?> Fields { get; } = [];

    /// <summary>The method that runs a state machine, by the TypeDef token of the machine.</summary>
    public Dictionary<uint, uint?> MoveNexts { get; } = [];

    /// <summary>The IL offsets at which a method waits, by state; by the MethodDef token of the method that runs its state machine.</summary>
    public Dictionary<uint, Dictionary<int, int>?> Awaits { get; } = [];

    /// <summary>Full names by TypeDef token.</summary>
    public Dictionary<uint, string?> Types { get; } = [];

    /// <summary>Source files by their row in the PDB.</summary>
    public Dictionary<int, SourceDocument> Documents { get; } = [];

    /// <summary>The module's name in its own metadata, if the snapshot has none.</summary>
    public string? Name { get; set; }

    /// <summary>Whether the assembly has a public key; null if not yet known.</summary>
    public bool? IsSigned { get; set; }

    /// <summary>The module's reference to its PDB, without an embedded PDB; null if not yet known.</summary>
    public PdbReference? Pdb { get; set; }

    /// <summary>The paths where the PDB was not found; null if it was not missing.</summary>
    public WatchedPath[]? PdbMissing { get; set; }

    /// <summary>The last session that used the entry.</summary>
    public int UsedIn { get; set; }

    /// <summary>Estimated bytes of the results, without the lines of <see cref="Documents"/>.</summary>
    public int Results { get; set; } = EmptyBytes;

    /// <summary>Estimated bytes of the entry.</summary>
    public int Retained => Results + Documents.Values.Sum(static document => document.Retained);

    /// <summary>Allows a new search for the PDB if one of the paths where it was missing has changed.</summary>
    public void ForgetLinesIfPdbMayBeThere()
    {
        if (PdbMissing is null)
            return;
        foreach (WatchedPath path in PdbMissing)
        {
            if (path.HasChanged)
            {
                PdbMissing = null;
                Lines.Clear();
                Callers.Clear();
                Awaits.Clear();
                return;
            }
        }
    }
}
