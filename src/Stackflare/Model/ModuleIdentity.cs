namespace Stackflare;

/// <summary>The module that a method is in.</summary>
/// <param name="Name">The assembly file's name, for example <c>MyApp.dll</c>.</param>
/// <param name="Path">The path the runtime loaded it from; null for a module in memory or made by Reflection.Emit.</param>
/// <param name="Mvid">The module's version id; null where the runtime did not give one. It is what ties a frame to its symbols.</param>
public sealed record ModuleIdentity(string Name, string? Path, Guid? Mvid)
{
    /// <summary>Whether it is the platform's own, by its name: what is nobody's fault as a rule.</summary>
    internal bool IsOfPlatform => Name.StartsWith("System.", StringComparison.Ordinal) || Name.StartsWith("Microsoft.", StringComparison.Ordinal);
}
