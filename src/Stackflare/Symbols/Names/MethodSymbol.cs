namespace Stackflare.Symbols.Names;

/// <summary>A method, independent of the place in it.</summary>
internal sealed record MethodSymbol(MethodName Name, bool IsHidden);
