using Stackflare.Symbols.Pdb;

namespace Stackflare.Symbols.Saved;

/// <summary>What was found of a place in a method when the snapshot was saved.</summary>
/// <param name="Facts">The place in the source, or why there is none; never with a text that is embedded in a PDB.</param>
/// <param name="Text">The line's text, which was proved to be what was compiled; null if there was none.</param>
/// <param name="Origin">Where the text was from, or why there was none.</param>
internal sealed record SavedLine(PdbLine Facts, string? Text, SourceTextOrigin Origin);
