namespace Stackflare.Writers.Text;

/// <summary>The differences between the two text formats, for the parts that they share.</summary>
internal sealed record TextDialect
{
    /// <summary>Whether the outermost call comes first.</summary>
    public required bool OutermostFirst { get; init; }

    /// <summary>The text before a note.</summary>
    public required string Indentation { get; init; }

    /// <summary>Returns the lines of a frame, each with its line feed.</summary>
    public required Func<DumpFrame, string> Format { get; init; }

    /// <summary>Returns the line for the repeats of a recursion.</summary>
    public required Func<StackRun, string> Repeated { get; init; }

    /// <summary>The line for missing outer frames.</summary>
    public required string Truncated { get; init; }

    /// <summary>Returns the reference to a thread.</summary>
    public required Func<DumpThread, string> Reference { get; init; }

    /// <summary>Returns the reference to the thread that a line begins with.</summary>
    public required Func<DumpThread, string> Subject { get; init; }

    /// <summary>Returns the line between a thread's frames and its async callers, for the name of the awaited method; null if that is the outermost frame.</summary>
    public required Func<string?, string> Callers { get; init; }

    /// <summary>What shows everything, as the subject of a sentence (<see cref="TextStyle.ShowsAll"/>).</summary>
    public required string ShowsAll { get; init; }

    /// <summary>The line before each part of the dump; null for an empty line after each part.</summary>
    public required string? Separator { get; init; }
}
