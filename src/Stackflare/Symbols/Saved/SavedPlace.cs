namespace Stackflare.Symbols.Saved;

/// <summary>An await of a method that the runtime suspends, as saved with the snapshot.</summary>
/// <param name="ILOffset">The IL offset of the await; null if not known.</param>
/// <param name="Awaiter">Simple name of the type of its awaiter; null if not known.</param>
/// <param name="IsPassedThrough">Whether the method awaits nothing and only passes on a task.</param>
internal sealed record SavedPlace(int? ILOffset, string? Awaiter, bool IsPassedThrough = false);
