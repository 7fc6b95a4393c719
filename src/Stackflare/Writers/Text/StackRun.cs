using System.Runtime.CompilerServices;

namespace Stackflare.Writers.Text;

/// <summary>
/// A part of a stack: <paramref name="Period"/> frames, found <paramref name="Repeats"/> times in a row. A stack is cut into runs
/// without a gap, so that putting them one after the other, each as often as it says, gives the stack again.
/// </summary>
internal readonly record struct StackRun(int Start, int Period, int Repeats)
{
    /// <summary>The longest cycle that is looked for: mutual recursion of more methods than that is rare, and searching is not free.</summary>
    internal const int LongestPeriod = 8;

    /// <summary>Fewer repeats are easier to read than a line that says so.</summary>
    internal const int FewestRepeats = 3;

    /// <summary>Index of the first frame after the run.</summary>
    public int End => Start + (Period * Repeats);

    /// <summary>
    /// The run that begins at <paramref name="start"/>: the cycle that covers most of the stack from there, the shortest of them;
    /// a single frame where nothing repeats. Takes time in proportion to what it covers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static StackRun At(ReadOnlySpan<int> stack, int start)
    {
        var best = new StackRun(start, 1, 1);
        int longest = Math.Min(LongestPeriod, (stack.Length - start) / FewestRepeats);
        // Most frames do not come again soon, which one vectorised look tells.
        int first = stack.Slice(start + 1, longest).IndexOf(stack[start]);
        if (first < 0)
            return best;

        for (int period = first + 1; period <= longest; period++)
        {
            var ahead = stack[(start + period)..];
            int repeats = 1 + (stack[start..].CommonPrefixLength(ahead) / period);
            if (repeats >= FewestRepeats && period * repeats > best.Period * best.Repeats)
                best = new StackRun(start, period, repeats);
        }
        return best;
    }
}
