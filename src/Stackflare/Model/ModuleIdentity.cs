namespace Stackflare;

/// <summary>The module of a method.</summary>
/// <param name="Name">The assembly file's name, for example <c>MyApp.dll</c>.</param>
/// <param name="Path">The path that the runtime loaded it from; null for a module in memory or made by Reflection.Emit.</param>
/// <param name="Mvid">The module version id; null if the runtime returned none. Symbols are matched by it.</param>
public sealed record ModuleIdentity(string Name, string? Path, Guid? Mvid)
{
    /// <summary>Whether the assembly has a public key; null if not known. It is read only if the name looks like a framework name.</summary>
    internal bool? IsSigned { get; init; }

    /// <summary>
    /// Whether the module belongs to the framework or is another library of its authors, judged by its name and public key. A program's module
    /// can have such a name too, but rarely has a key.
    /// </summary>
    internal bool IsOfPlatform => HasNameOfPlatform(Name) && IsSigned != false;

    internal static bool HasNameOfPlatform(string name) => name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal);
}
