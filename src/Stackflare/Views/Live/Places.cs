using Stackflare.Analysis;

namespace Stackflare.Views.Live;

/// <summary>Finds where the threads and async stacks of one dump are. Not thread-safe.</summary>
internal sealed class Places : IDisposable
{
    private readonly VisibleStacks _stacks;
    private readonly StackOwners _owners;
    private readonly Dictionary<DumpThread, int> _threads = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, Place> _known = [];

    /// <param name="dump">The dump.</param>
    /// <param name="async">Its async stacks in groups; empty if they are not looked at.</param>
    public Places(ThreadDump dump, IEnumerable<AsyncStackGroup> async)
    {
        _stacks = new VisibleStacks(dump.Threads, all: false);
        _owners = new StackOwners(_stacks, async);
        for (int i = 0; i < dump.Threads.Count; i++)
            _threads[dump.Threads[i]] = _stacks.StackOf(i);
    }

    public Place Of(DumpThread thread)
    {
        if (!_threads.TryGetValue(thread, out int stack) || stack == VisibleStacks.NotShown)
            return default;
        // Many threads share a stack.
        if (!_known.TryGetValue(stack, out Place place))
        {
            List<DumpFrame> frames = [];
            foreach (int frame in _stacks.Stacks[stack])
                frames.Add(_stacks.Frames[frame]);
            _known.Add(stack, place = Of(frames));
        }
        return place;
    }

    public Place Of(AsyncStack stack) => Of(VisibleFrames.Of(stack.Frames, all: false));

    public void Dispose() => _stacks.Dispose();

    private Place Of(IReadOnlyList<DumpFrame> frames)
    {
        (StackOwner owner, DumpFrame? program) = _owners.Of(frames);
        return new Place(owner, program ?? (frames.Count > 0 ? frames[0] : null));
    }
}
