namespace Stackflare.Analysis;

/// <summary>The visible part of a stack of async methods. <see cref="VisibleStacks"/> is the same for threads.</summary>
internal static class VisibleFrames
{
    /// <summary>
    /// The frames without hidden ones, without <see cref="PlatformCallers"/>, and without framework code that only connects what the program awaits with
    /// what is waited for: of the framework's frames inside of the program's innermost one, the first and the last are visible. The same list if all are visible.
    /// </summary>
    /// <param name="frames">A stack, innermost frame first.</param>
    /// <param name="all">Whether everything is shown, hidden or not.</param>
    public static IReadOnlyList<DumpFrame> Of(IReadOnlyList<DumpFrame> frames, bool all)
    {
        if (all)
            return frames;
        int end = PlatformCallers.EndOf(frames);
        (int first, int last) = InnerFrames(frames, end);
        int visible = 0;
        for (int i = 0; i < end; i++)
        {
            if (IsVisible(i))
                visible++;
        }
        if (visible == frames.Count)
            return frames;
        var result = new DumpFrame[visible];
        for (int i = 0, next = 0; i < end; i++)
        {
            if (IsVisible(i))
                result[next++] = frames[i];
        }
        return result;

        bool IsVisible(int index) => !frames[index].IsHidden && (index <= first || index >= last);
    }

    /// <summary>The framework's innermost and outermost visible frame inside of the program; equal if there are no others between them.</summary>
    private static (int First, int Last) InnerFrames(IReadOnlyList<DumpFrame> frames, int end)
    {
        int first = -1, last = -1;
        for (int i = 0; i < end; i++)
        {
            if (frames[i].IsHidden)
                continue;
            if (frames[i].Module is not { IsOfPlatform: true })
                return (first, last);
            (first, last) = (first < 0 ? i : first, i);
        }
        // There is no program.
        return (0, 0);
    }
}
