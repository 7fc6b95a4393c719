using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Saved;

/// <summary>The source location of a place in a method, as saved with the snapshot.</summary>
/// <param name="Facts">The source location, or why there is none; never with embedded text.</param>
/// <param name="Text">The line's text, confirmed to be the compiled one; null if there was none.</param>
/// <param name="Origin">Where the text came from, or why there was none.</param>
internal sealed record SavedLine(PdbLine Facts, string? Text, SourceTextOrigin Origin);
