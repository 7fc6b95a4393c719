namespace Stackflare;

/// <summary>The source location of a frame, from a PDB whose id matches the module's.</summary>
/// <param name="Path">The file's path as the compiler recorded it.</param>
/// <param name="Line">Line number, from 1.</param>
/// <param name="Column">Column number, from 1.</param>
/// <param name="Text">
/// The line's text, trimmed; null unless <paramref name="TextOrigin"/> confirms that it is the compiled text.
/// </param>
/// <param name="TextOrigin">Where the text comes from, or why there is none.</param>
public sealed record SourceLocation(string Path, int Line, int Column, string? Text, SourceTextOrigin TextOrigin)
{
    /// <summary>
    /// Whether the line is only close to the place of the call. The compiler can make one piece of code of several statements. If the next frame
    /// does not show which of their calls it is, the line is that of one of them.
    /// </summary>
    public bool IsApproximate { get; init; }

    /// <summary>What a build writes in place of the directory that it was made in, if it hides that.</summary>
    internal const string NormalizedRoot = "/_/";

    /// <summary>Whether the build has replaced the beginning of the path, so that there is no such file.</summary>
    internal bool IsNormalized => Path.StartsWith(NormalizedRoot, StringComparison.Ordinal);
}
