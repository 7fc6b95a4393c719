namespace Stackflare.Symbols.Names;

/// <summary>What is known of a field.</summary>
/// <param name="Name">Its name in metadata.</param>
/// <param name="Type">The simple name of its type; null where it cannot be told.</param>
internal sealed record FieldSymbol(string Name, string? Type);
