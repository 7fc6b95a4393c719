namespace Stackflare.Symbols.Saved;

/// <summary>The await of a method that the runtime suspends, or the call of a method on a thread, as saved with the snapshot.</summary>
/// <param name="ILOffset">The IL offset of the await or call; null if not known.</param>
/// <param name="Awaiter">Simple name of the type of its awaiter; null if not known.</param>
/// <param name="IsPassedThrough">Whether the method awaits nothing and only passes on a task.</param>
/// <param name="IsApproximate">Whether several calls are possible, so that the line is only close.</param>
internal sealed record SavedPlace(int? ILOffset, string? Awaiter, bool IsPassedThrough = false, bool IsApproximate = false);
