using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>
/// The stacks of threads and the async stacks as one tree, from the outermost frame: what several of them have in common is there once. A thread
/// that runs an async method comes after the method's async callers, so that it meets those of the same callers that wait.
/// </summary>
internal sealed class MergedStacks
{
    /// <summary>The number of what is not a frame: the outer frames were not walked because of a limit, or the runtime could not continue.</summary>
    public const int Truncated = -1, Broken = -2;

    /// <summary>Of frames with more calls, the calls are found here.</summary>
    private const int FewCalls = 8;

    private readonly DumpView _view;
    private readonly Dictionary<(MergedFrame Caller, int Frame), MergedFrame> _calls = [];
    private readonly List<int> _path = [];

    /// <param name="view">What is shown: the entries of its sections.</param>
    /// <param name="withIdle">Whether the framework's idle threads and async stacks are added, which are not among these entries.</param>
    public MergedStacks(DumpView view, bool withIdle = false)
    {
        _view = view;
        foreach (StackEntry entry in withIdle ? view.Sections.Entries.Concat(view.Sections.IdleEntries) : view.Sections.Entries)
        {
            Collect(entry);
            MergedFrame frame = Root;
            frame.Count(entry);
            for (int i = _path.Count - 1; i >= 0; i--)
                (frame = Called(frame, _path[i])).Count(entry);
            frame.End(entry);
        }
        Sort();
    }

    /// <summary>The frames, numbered by place.</summary>
    public FrameTable Frames { get; } = new(SameCall.Comparer);

    /// <summary>Not a frame: its calls are the outermost frames, and what ends at it has no visible frames.</summary>
    public MergedFrame Root { get; } = new(Truncated);

    /// <summary>
    /// Whether a thread comes after its async callers. Not if frames are outside of the awaited method, or if frames between the two were not walked.
    /// </summary>
    public static bool FollowsCallers(DumpView view, StackGroup group) =>
        group.First is { AsyncCallers.Count: > 0, Completeness: StackCompleteness.Complete } && view.AwaitedMethodOf(group) is null;

    /// <summary>Writes the path of an entry to <see cref="_path"/>, innermost first.</summary>
    private void Collect(StackEntry entry)
    {
        _path.Clear();
        if (entry.Async is { First: var stack })
        {
            Add(VisibleFrames.Of(stack.Frames, _view.Options.ShowHidden));
            if (stack.IsTruncated)
                _path.Add(Truncated);
            return;
        }
        StackGroup group = entry.Threads!;
        if (_view.AsyncMainOf(group) is not null)
            return;
        Add(_view.Sections.FramesOf(group));
        if (FollowsCallers(_view, group))
            Add(VisibleFrames.Of(group.First.AsyncCallers, _view.Options.ShowHidden));
        else if (group.Length > 0 && group.First.Completeness is StackCompleteness.Truncated)
            _path.Add(Truncated);
        else if (group.Length > 0 && group.First.Completeness is StackCompleteness.Broken)
            _path.Add(Broken);
    }

    private void Add(IEnumerable<DumpFrame> frames)
    {
        foreach (DumpFrame frame in frames)
            _path.Add(Frames.IdOf(frame));
    }

    private MergedFrame Called(MergedFrame caller, int id)
    {
        if (caller.Calls.Count > FewCalls)
        {
            if (!_calls.TryGetValue((caller, id), out MergedFrame? known))
                _calls.Add((caller, id), known = caller.Call(id));
            return known;
        }
        for (int i = 0; i < caller.Calls.Count; i++)
        {
            if (caller.Calls[i].Id == id)
                return caller.Calls[i];
        }
        MergedFrame added = caller.Call(id);
        if (caller.Calls.Count > FewCalls)
        {
            foreach (MergedFrame frame in caller.Calls)
                _calls.Add((caller, frame.Id), frame);
        }
        return added;
    }

    /// <summary>Without recursion, because stacks are deep.</summary>
    private void Sort()
    {
        var open = new Stack<MergedFrame>([Root]);
        while (open.TryPop(out MergedFrame? frame))
        {
            frame.Sort();
            for (int i = 0; i < frame.Calls.Count; i++)
                open.Push(frame.Calls[i]);
        }
    }
}
