using Stackflare.Symbols.IL;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Modules;

/// <summary>Answers questions about one module. Each answer is null if this source does not have it.</summary>
internal interface IModuleSymbols
{
    /// <summary>The module's reference to its PDB, without an embedded PDB.</summary>
    PdbReference? PdbReference { get; }

    /// <summary>The name of a method, by its MethodDef token.</summary>
    MethodSymbol? Method(uint token);

    /// <summary>The name of a field, by its Field token.</summary>
    FieldSymbol? Field(uint token);

    /// <summary>The full name of a type without its arguments, by its TypeDef token.</summary>
    string? TypeName(uint token);

    /// <summary>The token of the method that runs a state machine, by the TypeDef token of the machine.</summary>
    uint? MoveNextOf(uint type);

    /// <summary>The IL offset at which an async method waits in a state.</summary>
    /// <param name="moveNext">The token of the method that runs its state machine.</param>
    /// <param name="state">The state, from 0.</param>
    int? AwaitOffset(uint moveNext, int state);

    /// <summary>How many lock statements are around an IL offset of a method.</summary>
    LockScopeCounts? LockScopesAround(uint token, int offset);
}
