using Stackflare.Symbols.IL;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Saved;

/// <summary>The symbols of a module that were saved with the snapshot, on a machine that had its file.</summary>
internal sealed class SavedModule : IModuleSymbols
{
    /// <summary>The module's reference to its PDB; null if it has none. It is sufficient to find the PDB without the module.</summary>
    public PdbReference? PdbReference { get; set; }

    /// <summary>By MethodDef token.</summary>
    public Dictionary<uint, MethodSymbol> Methods { get; } = [];

    /// <summary>By Field token.</summary>
    public Dictionary<uint, FieldSymbol> Fields { get; } = [];

    /// <summary>The method that runs a state machine, by the TypeDef token of the machine.</summary>
    public Dictionary<uint, uint> MoveNexts { get; } = [];

    /// <summary>The IL offset at which a method waits, by the MethodDef token of the method that runs its state machine, and the state.</summary>
    public Dictionary<(uint Token, int State), int> Awaits { get; } = [];

    /// <summary>Full names by TypeDef token.</summary>
    public Dictionary<uint, string> Types { get; } = [];

    /// <summary>By MethodDef token and IL offset.</summary>
    public Dictionary<(uint Token, int Offset), SavedLine> Lines { get; } = [];

    /// <summary>Number of lock statements around a place, by MethodDef token and IL offset.</summary>
    public Dictionary<(uint Token, int Offset), LockScopeCounts> LockScopes { get; } = [];

    public MethodSymbol? Method(uint token) => Methods.GetValueOrDefault(token);

    public FieldSymbol? Field(uint token) => Fields.GetValueOrDefault(token);

    public string? TypeName(uint token) => Types.GetValueOrDefault(token);

    public uint? MoveNextOf(uint type) => MoveNexts.TryGetValue(type, out uint method) ? method : null;

    public int? AwaitOffset(uint moveNext, int state) => Awaits.TryGetValue((moveNext, state), out int offset) ? offset : null;

    public LockScopeCounts? LockScopesAround(uint token, int offset) => LockScopes.TryGetValue((token, offset), out LockScopeCounts counts) ? counts : null;
}
