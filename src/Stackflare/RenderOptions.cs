namespace Stackflare;

/// <summary>
/// How much of a dump is shown. JSON always contains everything; folded stacks, speedscope files and the actuator's
/// JSON use <see cref="ShowHidden"/> only; the flame graph and the page also use <see cref="FoldRecursion"/>. All use <see cref="Redaction"/>. Immutable.
/// </summary>
public sealed record RenderOptions
{
    /// <summary>The default options.</summary>
    public static RenderOptions Default { get; } = new();

    /// <summary>Whether threads with the same stack are shown as one group; true by default.</summary>
    public bool GroupIdenticalStacks { get; init; } = true;

    /// <summary>Whether the repeated frames of a recursion are shown once, with a count; true by default.</summary>
    public bool FoldRecursion { get; init; } = true;

    /// <summary>
    /// Whether everything is shown: the runtime's own threads, threads without managed frames in full, and frames that are hidden
    /// by default; false by default.
    /// </summary>
    public bool ShowHidden { get; init; }

    /// <summary>
    /// How names of the program are replaced in all that is written, so that the dump can be given to others; null, the default, if they are not. Applies to all formats.
    /// </summary>
    public Redaction? Redaction { get; init; }
}
