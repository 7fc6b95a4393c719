namespace Stackflare;

/// <summary>Whether a capture looks for async methods that wait, which takes a walk through the heap while the program stands still.</summary>
public enum AsyncStackMode
{
    /// <summary>
    /// Where it is cheap: the program has less than 128 MiB of memory of its own. The walk takes 40 ms at most. In a larger program the dump has a note instead.
    /// </summary>
    Auto,

    /// <summary>However large the program is. The walk takes a second at most, or as long as <see cref="DumpLimits.MaxPause"/> allows if that is longer.</summary>
    Always,

    /// <summary>Not at all.</summary>
    Never,
}
