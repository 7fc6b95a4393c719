namespace Stackflare.Symbols.Names;

/// <summary>A field.</summary>
/// <param name="Name">Its name in metadata.</param>
/// <param name="Type">The simple name of its type; null if not known.</param>
internal sealed record FieldSymbol(string Name, string? Type);
