using Stackflare.Analysis;
using Stackflare.Views;
using Stackflare.Writers.Text;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// Async stacks for formats that add up samples: outermost first, with what is waited for as the innermost frame. A method that waits for several
/// tasks is in one stack for each task, so that each stack counts what waits at its end.
/// </summary>
/// <param name="groups">The stacks.</param>
/// <param name="idOf">Returns the number of a frame.</param>
/// <param name="idOfName">Returns the number of a name that replaces a frame.</param>
/// <param name="forPeople">
/// Whether the framework's callers of the program are left out, and each stack counts once, however many tasks it waits for.
/// </param>
/// <param name="all">Whether hidden frames are included.</param>
/// <param name="add">Receives each stack and its count.</param>
internal sealed class AsyncSamples(AsyncGroups groups, Func<DumpFrame, int> idOf, Func<string, int> idOfName, bool forPeople, bool all, AsyncSamples.StackReceiver add)
{
    private int[] _stack = new int[64];

    /// <param name="outermost">The groups to add.</param>
    public void Add(IReadOnlyList<AsyncStackGroup> outermost) => Add(outermost, length: 0, depth: 0);

    private void Add(IReadOnlyList<AsyncStackGroup> alike, int length, int depth)
    {
        foreach (AsyncStackGroup group in alike)
            Add(group, length, depth);
    }

    private void Add(AsyncStackGroup group, int length, int depth)
    {
        int end = length;
        if (group.First.IsTruncated)
            Push(ref end, idOfName("[outer calls not walked]"));
        IReadOnlyList<DumpFrame> frames = forPeople ? VisibleFrames.Of(group.First.Frames, all) : group.First.Frames;
        for (int i = frames.Count - 1; i >= 0; i--)
        {
            if (all || !frames[i].IsHidden)
                Push(ref end, idOf(frames[i]));
        }
        Push(ref end, idOfName(AsyncWaitText.Name(group.Wait)));

        if (forPeople)
        {
            add(_stack.AsSpan(0, end), group.Count);
            return;
        }
        List<AsyncStackGroup> unfinished = groups.Unfinished(group, depth, out long notFollowed);
        Add(unfinished, end, depth + 1);
        if (notFollowed > 0)
        {
            Push(ref end, idOfName("[not followed]"));
            add(_stack.AsSpan(0, end), notFollowed);
        }
        else if (unfinished.Count == 0)
        {
            add(_stack.AsSpan(0, end), group.Count);
        }
    }

    private void Push(ref int length, int id)
    {
        if (length == _stack.Length)
            Array.Resize(ref _stack, length * 2);
        _stack[length++] = id;
    }

    /// <summary>Receives a stack, outermost first, and its count.</summary>
    public delegate void StackReceiver(ReadOnlySpan<int> stack, long count);
}
