namespace Stackflare.EndToEnd.Harness;

/// <summary>How many builds of the program a test is run with. Each has all of the one before it.</summary>
public enum Spread
{
    /// <summary>One optimized build on each of the runtimes that are in support.</summary>
    Newest,

    /// <summary>One optimized build on each runtime.</summary>
    Runtimes,

    /// <summary>An unoptimized one as well.</summary>
    Builds,

    /// <summary>Code as the compiler makes it without a first, quick attempt as well.</summary>
    Code,

    /// <summary>A single file as well.</summary>
    Files,

    /// <summary>Every flavour.</summary>
    All,
}
