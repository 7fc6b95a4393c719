namespace Stackflare.Symbols.Async;

/// <summary>Bounds on what is made of a heap: a hostile one can have everything wait for everything.</summary>
internal static class AsyncLimits
{
    /// <summary>Methods of one stack.</summary>
    public const int Frames = 20_000;

    /// <summary>Methods and tasks that are gone by for all stacks together.</summary>
    public const int Steps = 4_000_000;

    /// <summary>Tasks under one <c>WhenAll</c> that are looked at.</summary>
    public const int Unfinished = 10_000;

    /// <summary>References of state machines that are looked at.</summary>
    public const int References = 64_000_000;

    /// <summary>Tasks within tasks.</summary>
    public const int Depth = 16;
}
