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
internal sealed class StackSamples(RenderOptions options, TimeSpan? interval = null, int limit = StackSamples.MostFrames) : IDisposable
{
    /// <summary>64 MiB; four times what the largest dump can have.</summary>
    internal const int MostFrames = 16 << 20;

    // Groups of async stacks are what is added up.
    private readonly RenderOptions _options = options with { GroupIdenticalStacks = true };
    private readonly Dictionary<SampleFrame, int> _frameIds = [];
    private readonly List<SampleFrame> _frames = [];
    private readonly StackTable _stacks = new(limit);
    private readonly Dictionary<(OsThreadId, ManagedThreadId?, string), SampledThread> _threadsByKey = [];
    private readonly List<SampledThread> _threads = [];
    private readonly Dictionary<int, long> _async = [];
    // Of the dump that is being added: the numbers here of frames of async stacks, and of frames and stacks of its view.
    private readonly Dictionary<DumpFrame, int> _known = [];
    private int[] _stack = new int[256], _frameOf = [], _stackOf = [];

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
        using var view = new DumpView(dump, _options);
        // Many threads have one stack, and all have frames in common: each is looked for once.
        (_frameOf, _stackOf) = (NotYet(view.Stacks.Frames.Count), NotYet(view.Stacks.Stacks.Count));
        for (int i = 0; i < dump.Threads.Count; i++)
        {
            DumpThread thread = dump.Threads[i];
            if (view.Stacks.StackOf(i) is var stack && stack != VisibleStacks.NotShown && NumberOf(thread, view.Stacks, stack) is var number and >= 0)
                Add(thread.OsId, thread.ManagedId, thread.DisplayName, number);
        }
        if (_options.ShowHidden)
        {
            foreach (var thread in dump.RuntimeThreads)
                Add(thread.OsId, null, thread.Name, NumberOf([IdOf(new SampleFrame("[native thread]"))]));
        }
        if (dump.AsyncStacks.Count > 0)
            new AsyncSamples(view.Async, IdOf, name => IdOf(new SampleFrame(name)), _options.ShowHidden, AddAsync).Add();
        Count++;
    }

    public void Dispose() => _stacks.Dispose();

    private void AddAsync(ReadOnlySpan<int> stack, long count)
    {
        int number = NumberOf(stack);
        _async[number] = AsyncStackGroup.Sum(_async.GetValueOrDefault(number), count);
    }

    private void Add(OsThreadId id, ManagedThreadId? managedId, string name, int stack)
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
        thread.Add(stack);
    }

    private int NumberOf(ReadOnlySpan<int> stack) => _stacks.TryGetId(stack, out int number)
        ? number
        : _stacks.IdOf([IdOf(new SampleFrame("[too many different stacks]"))]);

    private static int[] NotYet(int count)
    {
        var numbers = new int[count];
        Array.Fill(numbers, -1);
        return numbers;
    }

    /// <summary>The number of a thread's stack; -1 where there is nothing to show.</summary>
    private int NumberOf(DumpThread thread, VisibleStacks stacks, int stack)
    {
        bool isWhole = thread.Completeness is not (StackCompleteness.Truncated or StackCompleteness.Broken) && stacks.Stacks[stack].Length > 0;
        if (isWhole && _stackOf[stack] >= 0)
            return _stackOf[stack];
        int length = Collect(thread, stacks, stack);
        int number = length == 0 ? -1 : NumberOf(_stack.AsSpan(0, length));
        if (isWhole)
            _stackOf[stack] = number;
        return number;
    }

    /// <summary>Puts what is shown of a thread's stack into <see cref="_stack"/>, outermost first; gives the length.</summary>
    private int Collect(DumpThread thread, VisibleStacks stacks, int stack)
    {
        ReadOnlySpan<int> visible = stacks.Stacks[stack];
        if (_stack.Length <= visible.Length)
            _stack = new int[Math.Max(visible.Length + 1, _stack.Length * 2)];

        // Where the outer calls are missing, the stack must not look as if it began with the first that is there.
        int length = 0;
        if (thread.Completeness is StackCompleteness.Truncated or StackCompleteness.Broken)
            _stack[length++] = IdOf(new SampleFrame("[outer calls not walked]"));
        int first = length;
        for (int i = visible.Length - 1; i >= 0; i--)
        {
            ref int frame = ref _frameOf[visible[i]];
            if (frame < 0)
                frame = IdOf(SampleFrame.FromFrame(stacks.Frames[visible[i]]));
            _stack[length++] = frame;
        }
        if (length > first)
            return length;
        if (!_options.ShowHidden)
            return 0;
        _stack[0] = IdOf(new SampleFrame(
            thread.Completeness is StackCompleteness.Complete or StackCompleteness.NoManagedFrames ? "[no managed frames]" : "[not walked]"));
        return 1;
    }

    private int IdOf(DumpFrame frame)
    {
        if (!_known.TryGetValue(frame, out int id))
            _known.Add(frame, id = IdOf(SampleFrame.FromFrame(frame)));
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
