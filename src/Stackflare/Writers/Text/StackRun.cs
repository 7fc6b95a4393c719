using System.Runtime.CompilerServices;

namespace Stackflare.Writers.Text;

/// <summary>
/// A part of a stack: <paramref name="Period"/> frames that occur <paramref name="Repeats"/> times in a row. The runs of a stack
/// cover it without gaps.
/// </summary>
internal readonly record struct StackRun(int Start, int Period, int Repeats)
{
    /// <summary>The longest cycle that is detected: mutual recursion of more methods is rare, and searching takes time.</summary>
    internal const int LongestPeriod = 8;

    /// <summary>Fewer repeats are easier to read in full than as a line with a count.</summary>
    internal const int MinRepeats = 3;

    /// <summary>Index of the first frame after the run.</summary>
    public int End => Start + (Period * Repeats);

    /// <summary>
    /// The run that begins at <paramref name="start"/>: the shortest of the cycles that cover most of the stack from there;
    /// a single frame if nothing repeats. Takes time in proportion to what it covers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static StackRun At(ReadOnlySpan<int> stack, int start)
    {
        var best = new StackRun(start, 1, 1);
        int longest = Math.Min(LongestPeriod, (stack.Length - start) / MinRepeats);
        // Most frames do not occur again soon, and one vectorised search detects that.
        int first = stack.Slice(start + 1, longest).IndexOf(stack[start]);
        if (first < 0)
            return best;

        for (int period = first + 1; period <= longest; period++)
        {
            var ahead = stack[(start + period)..];
            int repeats = 1 + (stack[start..].CommonPrefixLength(ahead) / period);
            if (repeats >= MinRepeats && period * repeats > best.Period * best.Repeats)
                best = new StackRun(start, period, repeats);
        }
        return best;
    }
}
