using Stackflare.Symbols.IL;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Modules;

/// <summary>What is remembered of a module from one dump to the next: finished results only, nothing that is open. Null is "the module has no answer".</summary>
internal sealed class ModuleCacheEntry
{
    private const int EmptyBytes = 500;

    /// <summary>By MethodDef token.</summary>
    public Dictionary<uint, MethodSymbol?> Methods { get; } = [];

    /// <summary>By MethodDef token and IL offset.</summary>
    public Dictionary<(uint Token, int Offset), PdbLine> Lines { get; } = [];

    /// <summary>How many lock statements are around a place, by MethodDef token and IL offset.</summary>
    public Dictionary<(uint Token, int Offset), LockScopeCounts?> LockScopes { get; } = [];

    /// <summary>By Field token.</summary>
    public Dictionary<uint, FieldSymbol?> Fields { get; } = [];

    /// <summary>The method that runs a state machine, by the TypeDef token of the machine.</summary>
    public Dictionary<uint, uint?> MoveNexts { get; } = [];

    /// <summary>Where a method waits, by its state, by the MethodDef token of what runs its state machine.</summary>
    public Dictionary<uint, Dictionary<int, int>?> Awaits { get; } = [];

    /// <summary>Full names by TypeDef token.</summary>
    public Dictionary<uint, string?> Types { get; } = [];

    /// <summary>Source files by their row in the PDB.</summary>
    public Dictionary<int, SourceDocument> Documents { get; } = [];

    /// <summary>The module's name by its own metadata, where the snapshot has none.</summary>
    public string? Name { get; set; }

    /// <summary>Whether the assembly has a public key; null while that is not known.</summary>
    public bool? IsSigned { get; set; }

    /// <summary>What the module says of its PDB, without a PDB that it holds itself; null while that is not known.</summary>
    public PdbReference? Pdb { get; set; }

    /// <summary>Where the PDB was looked for in vain; null unless it was.</summary>
    public WatchedPath[]? PdbMissing { get; set; }

    /// <summary>The last session that asked for it.</summary>
    public int UsedIn { get; set; }

    /// <summary>Estimated bytes of the results, without the lines of <see cref="Documents"/>.</summary>
    public int Results { get; set; } = EmptyBytes;

    /// <summary>Estimated bytes of all this.</summary>
    public int Retained => Results + Documents.Values.Sum(static document => document.Retained);

    /// <summary>Lets the PDB be looked for again once one of the places where it was missing has changed.</summary>
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
                Awaits.Clear();
                return;
            }
        }
    }
}
