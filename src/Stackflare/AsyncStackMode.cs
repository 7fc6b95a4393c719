namespace Stackflare;

/// <summary>Whether a capture finds async methods that wait. To find them, it reads the heap during the pause.</summary>
public enum AsyncStackMode
{
    /// <summary>
    /// For at most 40 ms, which are enough for some four million objects, whatever the program's memory. If the time was not enough, stacks are missing,
    /// and the dump has a note.
    /// </summary>
    Auto,

    /// <summary>For one second at most, or for <see cref="DumpLimits.MaxPause"/> if that is longer.</summary>
    Always,

    /// <summary>Never.</summary>
    Never,
}
