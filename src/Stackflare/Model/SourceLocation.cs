namespace Stackflare;

/// <summary>Where in the source a frame stands, from a PDB whose id matches the module's.</summary>
/// <param name="Path">The file's path as the compiler recorded it.</param>
/// <param name="Line">Line number, from 1.</param>
/// <param name="Column">Column number, from 1.</param>
/// <param name="Text">
/// The line's text without the white space around it; null unless <paramref name="TextOrigin"/> says that it is known to be what was compiled.
/// </param>
/// <param name="TextOrigin">Where the text is from, or why there is none.</param>
public sealed record SourceLocation(string Path, int Line, int Column, string? Text, SourceTextOrigin TextOrigin);
