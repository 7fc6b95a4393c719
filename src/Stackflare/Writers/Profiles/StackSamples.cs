using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// Adds up the stacks of one or more dumps of a process. Each distinct frame and each distinct stack is kept once, in memory that has
/// a bound however long the sampling goes on. For one thread.
/// </summary>
/// <param name="options">Only <see cref="RenderOptions.ShowHidden"/> counts: repeated frames are never folded here.</param>
/// <param name="interval">The time from one dump to the next; null where there is one dump or no fixed interval.</param>
/// <param name="limit">How many frames of distinct stacks are kept.</param>
internal sealed class StackSamples(RenderOptions options, TimeSpan? interval = null, int limit = StackSamples.MostFrames)
{
    /// <summary>64 MiB; four times what the largest dump can have.</summary>
    internal const int MostFrames = 16 << 20;

    private readonly Dictionary<SampleFrame, int> _frameIds = [];
    private readonly List<SampleFrame> _frames = [];
    private readonly StackTable _stacks = new(limit);
    private readonly Dictionary<(OsThreadId, ManagedThreadId?, string), SampledThread> _threadsByKey = [];
    private readonly List<SampledThread> _threads = [];
    private readonly Dictionary<int, long> _async = [];
    // Of the dump that is being added: its frames are compared by reference, which is quick, and by value once.
    private readonly Dictionary<DumpFrame, int> _known = [];
    private int[] _stack = new int[256];

    /// <summary>How many dumps were added.</summary>
    public int Count { get; private set; }

    /// <summary>The first dump's process; null before there is one.</summary>
    public DumpedProcess? Process { get; private set; }

    /// <summary>When the first dump was taken.</summary>
    public DateTimeOffset Begin { get; private set; }

    /// <summary>The time that one sample stands for; null where samples are just counted.</summary>
    public TimeSpan? Interval => Count > 1 ? interval : null;

    public IReadOnlyList<SampleFrame> Frames => _frames;

    /// <summary>The distinct stacks as numbers of <see cref="Frames"/>, outermost first; none is empty.</summary>
    public StackTable Stacks => _stacks;

    /// <summary>The threads in the order they were met.</summary>
    public IReadOnlyList<SampledThread> Threads => _threads;

    /// <summary>The stacks of async methods that wait, with how often each was met.</summary>
    public IReadOnlyDictionary<int, long> Async => _async;

    public void Add(ThreadDump dump)
    {
        if (Count == 0)
            (Process, Begin) = (dump.Process, dump.CapturedAt);
        _known.Clear();
        foreach (var thread in dump.Threads)
        {
            if (thread.IsOwn && !options.ShowHidden)
                continue;
            int length = Collect(thread);
            if (length > 0)
                Add(thread.OsId, thread.ManagedId, thread.DisplayName, _stack.AsMemory(0, length));
        }
        if (options.ShowHidden)
        {
            foreach (var thread in dump.RuntimeThreads)
                Add(thread.OsId, null, thread.Name, new[] { IdOf(new SampleFrame("[native thread]")) });
        }
        if (dump.AsyncStacks.Count > 0)
            new AsyncSamples(IdOf, name => IdOf(new SampleFrame(name)), options.ShowHidden, AddAsync).Add(dump.AsyncStacks);
        Count++;
    }

    private void AddAsync(ReadOnlyMemory<int> stack, long count)
    {
        int number = NumberOf(stack);
        _async[number] = AsyncGroup.Sum(_async.GetValueOrDefault(number), count);
    }

    private void Add(OsThreadId id, ManagedThreadId? managedId, string name, ReadOnlyMemory<int> stack)
    {
        string shown = EscapedText.Plain(name);
        // With the name: ids are used again, and a thread that was renamed has begun something else.
        var key = (id, managedId, shown);
        if (!_threadsByKey.TryGetValue(key, out var thread))
        {
            thread = new SampledThread(id, shown, Count);
            _threadsByKey.Add(key, thread);
            _threads.Add(thread);
        }
        thread.Add(NumberOf(stack));
    }

    private int NumberOf(ReadOnlyMemory<int> stack) => _stacks.TryGetId(stack, out int number)
        ? number
        : _stacks.IdOf(new[] { IdOf(new SampleFrame("[too many different stacks]")) });

    /// <summary>Puts what is shown of a thread's stack into <see cref="_stack"/>, outermost first; gives the length.</summary>
    private int Collect(DumpThread thread)
    {
        var frames = thread.Frames;
        if (_stack.Length <= frames.Count)
            _stack = new int[Math.Max(frames.Count + 1, _stack.Length * 2)];

        // Where the outer calls are missing, the stack must not look as if it began with the first that is there.
        int length = 0;
        if (thread.Completeness is StackCompleteness.Truncated or StackCompleteness.Broken)
            _stack[length++] = IdOf(new SampleFrame("[outer calls not walked]"));
        int first = length;
        int innermost = options.ShowHidden ? 0 : WaitPlumbing.FramesOf(thread);
        for (int i = frames.Count - 1; i >= innermost; i--)
        {
            var frame = frames[i];
            if (frame.IsHidden && !options.ShowHidden)
                continue;
            _stack[length++] = IdOf(frame);
        }
        if (length > first)
            return length;
        if (!options.ShowHidden)
            return 0;
        _stack[0] = IdOf(new SampleFrame(
            thread.Completeness is StackCompleteness.Complete or StackCompleteness.NoManagedFrames ? "[no managed frames]" : "[not walked]"));
        return 1;
    }

    private int IdOf(DumpFrame frame)
    {
        if (!_known.TryGetValue(frame, out int id))
            _known.Add(frame, id = IdOf(SampleFrame.Of(frame)));
        return id;
    }

    private int IdOf(SampleFrame frame)
    {
        if (!_frameIds.TryGetValue(frame, out int id))
        {
            id = _frames.Count;
            _frames.Add(frame);
            _frameIds.Add(frame, id);
        }
        return id;
    }
}
