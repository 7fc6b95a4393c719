using Stackflare.Symbols.IL;
using Stackflare.Symbols.Names;
using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Modules;

/// <summary>Asks one source, and a second one if the first has no answer.</summary>
internal sealed class FallbackSymbols(IModuleSymbols first, IModuleSymbols second) : IModuleSymbols
{
    public PdbReference? PdbReference => first.PdbReference ?? second.PdbReference;

    public MethodSymbol? Method(uint token) => first.Method(token) ?? second.Method(token);

    public FieldSymbol? Field(uint token) => first.Field(token) ?? second.Field(token);

    public string? TypeName(uint token) => first.TypeName(token) ?? second.TypeName(token);

    public uint? MoveNextOf(uint type) => first.MoveNextOf(type) ?? second.MoveNextOf(type);

    public int? AwaitOffset(uint moveNext, int state) => first.AwaitOffset(moveNext, state) ?? second.AwaitOffset(moveNext, state);

    public LockScopeCounts? LockScopesAround(uint token, int offset) => first.LockScopesAround(token, offset) ?? second.LockScopesAround(token, offset);
}
