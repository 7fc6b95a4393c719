namespace Stackflare.Writers.Text;

/// <summary>In what the two text formats differ, for the parts that they share.</summary>
internal sealed record TextDialect
{
    /// <summary>Whether the outermost call comes first.</summary>
    public required bool OutermostFirst { get; init; }

    /// <summary>What stands before a note.</summary>
    public required string Indentation { get; init; }

    /// <summary>The lines of a frame, each with its end.</summary>
    public required Func<DumpFrame, string> Format { get; init; }

    /// <summary>The line for the repeats of a recursion.</summary>
    public required Func<StackRun, string> Repeated { get; init; }

    /// <summary>The line for outer frames that are missing.</summary>
    public required string Truncated { get; init; }

    /// <summary>How threads are referred to.</summary>
    public required Func<DumpThread, string> Reference { get; init; }

    /// <summary>The same of a thread that a line is about, which begins with it.</summary>
    public required Func<DumpThread, string> Subject { get; init; }

    /// <summary>The line between what a thread runs and the methods that wait for that.</summary>
    public required string Callers { get; init; }

    /// <summary>What shows everything, as the subject of a sentence (<see cref="TextStyle.ShowsAll"/>).</summary>
    public required string ShowsAll { get; init; }

    /// <summary>The line before each part of the dump; null for an empty one after each.</summary>
    public required string? Separator { get; init; }
}
