using Stackflare.Symbols.IL;
using Stackflare.Symbols.Modules;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Saved;

/// <summary>What was found of a module when the snapshot was saved, where its file was at hand.</summary>
internal sealed class SavedModule : IModuleSymbols
{
    /// <summary>What the module says of its PDB; null if it names none. Enough to find the PDB by where the module is not.</summary>
    public PdbReference? PdbReference { get; set; }

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

    public MethodSymbol? Method(uint token) => Methods.GetValueOrDefault(token);

    public FieldSymbol? Field(uint token) => Fields.GetValueOrDefault(token);

    public string? TypeName(uint token) => Types.GetValueOrDefault(token);

    public uint? MoveNextOf(uint type) => MoveNexts.TryGetValue(type, out uint method) ? method : null;

    public int? AwaitOffset(uint moveNext, int state) => Awaits.TryGetValue((moveNext, state), out int offset) ? offset : null;

    public LockScopeCounts? LockScopesAround(uint token, int offset) => LockScopes.TryGetValue((token, offset), out LockScopeCounts counts) ? counts : null;
}
