namespace Stackflare.Analysis;

/// <summary>The visible part of one stack, for stacks that are not threads' stacks (<see cref="VisibleStacks"/>).</summary>
internal static class VisibleFrames
{
    /// <summary>The frames without hidden ones and without <see cref="PlatformCallers"/>; the same list if all are visible.</summary>
    /// <param name="frames">A stack, innermost frame first.</param>
    /// <param name="all">Whether everything is shown, hidden or not.</param>
    public static IReadOnlyList<DumpFrame> Of(IReadOnlyList<DumpFrame> frames, bool all)
    {
        if (all)
            return frames;
        int end = PlatformCallers.EndOf(frames), visible = 0;
        for (int i = 0; i < end; i++)
        {
            if (!frames[i].IsHidden)
                visible++;
        }
        if (visible == frames.Count)
            return frames;
        var result = new DumpFrame[visible];
        for (int i = 0, next = 0; i < end; i++)
        {
            if (!frames[i].IsHidden)
                result[next++] = frames[i];
        }
        return result;
    }
}
