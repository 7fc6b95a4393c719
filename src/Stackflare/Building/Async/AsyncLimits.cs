namespace Stackflare.Building.Async;

/// <summary>Bounds on what is made of a heap: a hostile one can have everything wait for everything.</summary>
internal static class AsyncLimits
{
    /// <summary>Methods of one stack.</summary>
    public const int Frames = 20_000;

    /// <summary>Methods and tasks that are gone by for all stacks together.</summary>
    public const int Steps = 2_000_000;

    /// <summary>Tasks under one <c>WhenAll</c> that are looked at.</summary>
    public const int Unfinished = 10_000;

    /// <summary>References of state machines that are looked at.</summary>
    public const int References = 16_000_000;

    /// <summary>What stands between methods and what they wait for, and is gone through, in all.</summary>
    public const int Between = 2_000_000;

    /// <summary>Elements of arrays of tasks that are looked at in all: any number of tasks can have one and the same array.</summary>
    public const int Elements = 4_000_000;

    /// <summary>Tasks that have not completed behind all <c>WhenAll</c>s.</summary>
    public const int Members = 1_000_000;

    /// <summary>Stacks that stand behind tasks within tasks: those that share tasks make more ways than there are tasks.</summary>
    public const int Branches = 500_000;

    /// <summary>Tasks within tasks.</summary>
    public const int Depth = 16;
}
