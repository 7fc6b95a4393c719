namespace Stackflare.Symbols.Names;

/// <summary>What there is to know about a method, whatever the place in it.</summary>
internal sealed record MethodSymbol(MethodName Name, bool IsHidden);
