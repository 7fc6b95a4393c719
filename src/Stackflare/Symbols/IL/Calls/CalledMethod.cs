namespace Stackflare.Symbols.IL.Calls;

/// <summary>A method as a call or a definition names it.</summary>
/// <param name="Name">Its name; of an explicit implementation of an interface, the part after the last dot.</param>
/// <param name="Space">The namespace of its type; empty for a nested type.</param>
/// <param name="Type">The simple name of its type; empty for a type without a name, such as an array.</param>
/// <param name="Parameters">The number of its parameters.</param>
/// <param name="Definition">The token of its definition in the same module; 0 if it is defined elsewhere.</param>
/// <param name="Traits">What is known of the definition; none for one that is defined elsewhere.</param>
internal sealed record CalledMethod(string Name, string Space, string Type, int Parameters, int Definition, MethodTraits Traits)
{
    public bool HasThis { get; init; }

    public bool ReturnsValue { get; init; }

    /// <summary>Whether the method that runs may be another one than the call names.</summary>
    public bool IsVirtual => Traits.HasFlag(MethodTraits.Virtual);

    /// <summary>Whether it is a lambda or a local function: called by a delegate.</summary>
    public bool IsLambda => Name.StartsWith('<');

    public bool HasName(CalledMethod other) => Name == other.Name && Parameters == other.Parameters;

    public bool HasType(CalledMethod other) => Type == other.Type && Space == other.Space;
}

/// <summary>What metadata says of a method.</summary>
[Flags]
internal enum MethodTraits
{
    None = 0,
    Virtual = 1,

    /// <summary>Implemented outside of IL: a P/Invoke or a part of the runtime.</summary>
    Extern = 2,

    /// <summary>The compiler must not inline it.</summary>
    NoInlining = 4,

    /// <summary>The compiler inlines it whatever its size.</summary>
    AggressiveInlining = 8,
}
