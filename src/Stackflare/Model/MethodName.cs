namespace Stackflare;

/// <summary>
/// The name of a method as its author wrote it: async methods, iterators, lambdas and local functions have their own names,
/// not the compiler-generated ones. Types are spelled as in <see cref="Exception.StackTrace"/>.
/// </summary>
/// <param name="DeclaringType">
/// Full name of the type that declares the method, nested types joined by a dot; empty for a global method.
/// </param>
/// <param name="Name">Name of the method, for example <c>Run</c>, <c>.ctor</c>, <c>Run.lambda</c> or <c>operator +</c>.</param>
/// <param name="TypeParameters">Names of the method's own type parameters, for example <c>T,TResult</c>; empty if it has none.</param>
/// <param name="Parameters">
/// Types and names of the parameters, for example <c>Int32 n, String[] args</c>; empty if there are none, null if not known.
/// </param>
public sealed record MethodName(string DeclaringType, string Name, string TypeParameters, string? Parameters)
{
    /// <summary>The declaring type and the name, without parameters: <c>MyApp.Program.Run</c>.</summary>
    public string FullName { get; } = DeclaringType.Length == 0 ? Name : DeclaringType + "." + Name;

    /// <summary>The name as in a stack trace: <c>MyApp.Program.Run[T](Int32 n)</c>; <c>(...)</c> if the parameters are not known.</summary>
    public override string ToString() => TypeParameters.Length == 0
        ? $"{FullName}({Parameters ?? "..."})"
        : $"{FullName}[{TypeParameters}]({Parameters ?? "..."})";
}
