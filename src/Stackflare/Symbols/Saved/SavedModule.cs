using Stackflare.Symbols.IL;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Saved;

/// <summary>What was found of a module when the snapshot was saved, where its file was at hand.</summary>
internal sealed class SavedModule
{
    /// <summary>What the module says of its PDB; null if it names none. Enough to find the PDB by where the module is not.</summary>
    public PdbReference? Pdb { get; set; }

    /// <summary>By MethodDef token.</summary>
    public Dictionary<uint, MethodSymbol> Methods { get; } = [];

    /// <summary>By Field token.</summary>
    public Dictionary<uint, FieldSymbol> Fields { get; } = [];

    /// <summary>The method that runs a state machine, by the TypeDef token of the machine.</summary>
    public Dictionary<uint, uint> MoveNexts { get; } = [];

    /// <summary>The IL offset at which a method waits, by the MethodDef token of what runs its state machine, and the state.</summary>
    public Dictionary<(uint Token, int State), int> Awaits { get; } = [];

    /// <summary>Full names by TypeDef token.</summary>
    public Dictionary<uint, string> Types { get; } = [];

    /// <summary>By MethodDef token and IL offset.</summary>
    public Dictionary<(uint Token, int Offset), SavedLine> Lines { get; } = [];

    /// <summary>How many lock statements are around a place, by MethodDef token and IL offset.</summary>
    public Dictionary<(uint Token, int Offset), LockScopeCounts> LockScopes { get; } = [];
}
