namespace Stackflare.Symbols.Saved;

/// <summary>What was found of an await of a method that the runtime suspends when the snapshot was saved.</summary>
/// <param name="ILOffset">The IL offset of the await; null where it could not be told.</param>
/// <param name="Awaiter">The simple name of the type of its awaiter; null where it is not told.</param>
/// <param name="IsPassedThrough">Whether the method awaits nothing, and only handed on a task.</param>
internal sealed record SavedPlace(int? ILOffset, string? Awaiter, bool IsPassedThrough = false);
