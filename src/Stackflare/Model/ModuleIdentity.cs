namespace Stackflare;

/// <summary>The module that a method is in.</summary>
/// <param name="Name">The assembly file's name, for example <c>MyApp.dll</c>.</param>
/// <param name="Path">The path the runtime loaded it from; null for a module in memory or made by Reflection.Emit.</param>
/// <param name="Mvid">The module's version id; null where the runtime did not give one. It is what ties a frame to its symbols.</param>
public sealed record ModuleIdentity(string Name, string? Path, Guid? Mvid)
{
    /// <summary>Whether the assembly has a public key; null where that is not known. It is looked at only where the name is one of the platform's.</summary>
    internal bool? IsSigned { get; init; }

    /// <summary>
    /// Whether it is the platform's own, or a library of its makers: what is nobody's fault as a rule. Those have names that begin alike, and a public key. A program
    /// can have such a name as well, but seldom a key.
    /// </summary>
    internal bool IsOfPlatform => HasNameOfPlatform(Name) && IsSigned != false;

    internal static bool HasNameOfPlatform(string name) => name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal);
}
