using Stackflare.Symbols.Modules;

namespace Stackflare.Symbols.IL.Calls;

/// <summary>What a call must lead to.</summary>
internal sealed record CallTarget
{
    public required CalledKind Kind { get; init; }

    /// <summary>The methods of which one was called. Empty if it was not a method with metadata.</summary>
    public IReadOnlyList<CalledMethod> Methods { get; init; } = [];

    /// <summary>The module of the first of them.</summary>
    public ModuleSymbols? Module { get; init; }

    /// <summary>The module of the platform's basic types; null if it is not known.</summary>
    public ModuleSymbols? CoreLib { get; init; }

    /// <summary>A method of the type whose static constructor was called; null for other methods.</summary>
    public CalledMethod? Initialized { get; init; }

    /// <summary>Whether a delegate was called.</summary>
    public bool IsLambda => Kind == CalledKind.Dynamic || Methods.Any(static m => m.IsLambda);

    /// <summary>Whether a module that does not know the method can call it.</summary>
    public bool IsCallback => IsLambda || Methods.Any(static m => m.IsVirtual);
}
