namespace Stackflare;

/// <summary>Whether a capture finds async methods that wait. To find them, it reads the heap during the pause.</summary>
public enum AsyncStackMode
{
    /// <summary>
    /// Only where it is cheap: if the program has less than 128 MiB of private memory. Reading the heap takes 40 ms at most. The dump of a larger
    /// program has a note instead.
    /// </summary>
    Auto,

    /// <summary>In programs of any size. Reading the heap takes one second at most, or <see cref="DumpLimits.MaxPause"/> if that is longer.</summary>
    Always,

    /// <summary>Never.</summary>
    Never,
}
