using Stackflare.Bench.Tools;

namespace Stackflare.Bench.Measures;

/// <summary>How long a tool stops a program; all in milliseconds.</summary>
/// <param name="Contestant">Who.</param>
/// <param name="Shape">The program's shape.</param>
/// <param name="GapWith">The longest that the heartbeat stopped while the tool ran.</param>
/// <param name="GapWithout">The same in a window as long in which it did not.</param>
internal sealed record ToolPauseResult(ToolContestant Contestant, Shape Shape, Distribution GapWith, Distribution GapWithout)
{
    /// <summary>What the program feels of it; null when the machine's own gaps were about as long.</summary>
    internal double? Felt => PauseResult.Difference(GapWith, GapWithout);
}
