using Stackflare.Analysis;
using Stackflare.Model;
using Stackflare.Views;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// Adds up the stacks of one or more dumps of a process. Keeps each distinct frame and each distinct stack once, in limited
/// memory, however long the sampling lasts. Not thread-safe.
/// </summary>
/// <param name="options">Only <see cref="RenderOptions.ShowHidden"/> is used: recursion is not folded here.</param>
/// <param name="interval">The time from one dump to the next; null for one dump, or without a fixed interval.</param>
/// <param name="limit">How many frames of distinct stacks are kept.</param>
/// <param name="forPeople">
/// Whether the framework's idle threads, idle async stacks and callers of the program are left out as in the text formats, unless hidden things are shown.
/// </param>
internal sealed class StackSamples(RenderOptions options, TimeSpan? interval = null, int limit = StackSamples.MaxFrames, bool forPeople = false) : ISampleSum, IDisposable
{
    /// <summary>64 MiB; four times the maximum of a dump.</summary>
    internal const int MaxFrames = 16 << 20;

    private const long MaxSum = 1L << 53;

    // Async stacks are added up in groups.
    private readonly RenderOptions _options = options with { GroupIdenticalStacks = true };
    private readonly Dictionary<SampleFrame, int> _frameIds = [];
    private readonly List<SampleFrame> _frames = [];
    private readonly List<StackOwner?> _owners = [];
    private readonly StackTable _stacks = new(limit);
    private readonly Dictionary<(OsThreadId, ManagedThreadId?, string), SampledThread> _threadsByKey = [];
    private readonly List<SampledThread> _threads = [];
    private readonly Dictionary<int, long> _async = [], _idleThreads = [], _idleAsync = [];
    // The number of a stack with nothing to show.
    private const int Nothing = -1;
    // The threads of the current dump and, between samples, of the last one.
    private readonly Dictionary<DumpThread, (int Stack, bool IsIdle)> _seen = [];
    // For the current dump: its weights, and the time or number of the samples before it.
    private SampleWeights? _weights;
    private StackOwners? _ownersNow;
    private long _begin;
    // For the current dump: the numbers here of its async frames, and of its view's frames and stacks.
    private readonly Dictionary<DumpFrame, int> _known = [];
    private int[] _stack = new int[256], _frameOf = [], _stackOf = [];

    /// <summary>How many dumps were added.</summary>
    public int Count { get; private set; }

    /// <summary>The process of the first dump; null before it is added.</summary>
    public DumpedProcess? Process { get; private set; }

    /// <summary>The last whole dump; null before one is added.</summary>
    public ThreadDump? Last { get; private set; }

    /// <summary>How much is shown.</summary>
    public RenderOptions Options => _options;

    /// <summary>The time of the first dump.</summary>
    public DateTimeOffset Begin { get; private set; }

    /// <summary>The time that one sample represents, or a weight of 1; null if samples are only counted.</summary>
    public TimeSpan? Interval => IsTime ? TimeSpan.FromMicroseconds(1) : Count > 1 ? interval : null;

    /// <summary>Of samples with weights, the time of the last one since the beginning, in microseconds.</summary>
    public long Elapsed { get; private set; }

    /// <summary>Whether samples have weights, in microseconds.</summary>
    public bool IsTime { get; private set; }

    /// <summary>Whether the reader wants recursion to be folded.</summary>
    public bool FoldsRecursion => _options.FoldRecursion;

    /// <summary>How many samples of threads and of async stacks were left out because they are idle and belong to the framework.</summary>
    public (long Threads, long Async) LeftOut { get; private set; }

    /// <summary>Whether the stacks of what is left out are kept, for <see cref="Idle"/>.</summary>
    public bool KeepsIdle { get; init; }

    /// <summary>The stacks of the threads and async stacks that were left out; empty unless they are kept.</summary>
    public (IReadOnlyDictionary<int, long> Threads, IReadOnlyDictionary<int, long> Async) Idle => (_idleThreads, _idleAsync);

    public IReadOnlyList<SampleFrame> Frames => _frames;

    /// <summary>Whose code a frame is, by its number in <see cref="Frames"/>. Null for a name that is not a method.</summary>
    public StackOwner? OwnerOf(int frame) => _owners[frame];

    /// <summary>The distinct stacks as numbers of <see cref="Frames"/>, outermost first; none is empty.</summary>
    public StackTable Stacks => _stacks;

    /// <summary>The threads in the order of appearance.</summary>
    public IReadOnlyList<SampledThread> Threads => _threads;

    /// <summary>The stacks of async methods that wait, with the count of each.</summary>
    public IReadOnlyDictionary<int, long> Async => _async;

    /// <summary>Adds a dump.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="weights">What its stacks weigh; null if each counts once.</param>
    public void Add(ThreadDump dump, SampleWeights? weights = null)
    {
        IsTime = weights is not null;
        (_weights, _begin, Elapsed) = (weights, weights?.Begin ?? Count, weights?.End ?? 0);
        if (Count == 0)
            (Process, Begin) = (dump.Process, dump.CapturedAt);
        if (!dump.IsSample)
            Last = dump;
        _known.Clear();
        Dictionary<DumpThread, long> weightOf = dump.Threads.ToDictionary(static t => t, t => weights?.OfThread(t) ?? 1);
        // A thread that has not run since the last sample is the same object.
        using var view = new DumpView(
            dump.IsSample ? dump with { Threads = [.. dump.Threads.Where(t => weightOf[t] > 0 && !_seen.ContainsKey(t))] } : dump, _options, exact: !forPeople);
        bool leavesOut = forPeople && !_options.ShowHidden;
        See(view, leavesOut, weightOf);
        foreach (DumpThread thread in dump.Threads)
            Add(thread, weightOf[thread]);
        Forget(dump);
        if (leavesOut)
            LeftOut = LeftOut with { Async = Sum(LeftOut.Async, view.Async.Idle.Aggregate(0L, static (sum, g) => AsyncStackGroup.Sum(sum, g.Count)) * (weights?.OfAsync ?? 1)) };
        if (_options.ShowHidden && weights is not { OfNative: 0 })
        {
            foreach (var thread in dump.RuntimeThreads)
                Add(thread.OsId, null, thread.Name, NumberOf([IdOf(new SampleFrame("[native thread]"))]), weights?.OfNative ?? 1);
        }
        if (dump.AsyncStacks.Count > 0)
        {
            Add(view.Async, leavesOut ? [.. view.Async.Shown] : view.Async.All, _async);
            if (leavesOut && KeepsIdle)
                Add(view.Async, [.. view.Async.Idle], _idleAsync);
        }
        Count++;
    }

    /// <summary>
    /// Adds a weight to the last stack of a thread that counted; if there is none, to the program's part of the stack that it has in a dump, with a frame that says that it ran at another time.
    /// </summary>
    public void AddRest(DumpThread thread, long weight)
    {
        (OsThreadId, ManagedThreadId?, string) key = (thread.OsId, thread.ManagedId, EscapedText.Plain(thread.DisplayName));
        Add(thread.OsId, thread.ManagedId, thread.DisplayName, _threadsByKey.TryGetValue(key, out SampledThread? known) ? known.Runs[^1].Stack : NumberOf(ProgramPartOf(thread)), weight);
    }

    private int[] ProgramPartOf(DumpThread thread)
    {
        var stack = new List<int>();
        int end = _options.ShowHidden ? thread.Frames.Count : PlatformCallers.EndOf(thread);
        int innermost = thread.ProgramFrameFrom(0) is { } program ? thread.Frames.ToList().IndexOf(program) : end;
        for (int i = end - 1; i >= innermost; i--)
        {
            if (_options.ShowHidden || !thread.Frames[i].IsHidden)
                stack.Add(IdOf(thread.Frames[i]));
        }
        stack.Add(IdOf(new SampleFrame("[ran between samples]")));
        return [.. stack];
    }

    public void Dispose() => _stacks.Dispose();

    /// <summary>Finds the stacks of threads, and which threads are idle.</summary>
    private void See(DumpView view, bool leavesOut, Dictionary<DumpThread, long> weightOf)
    {
        // Many threads share a stack, and stacks share frames: each is looked up only once.
        (_frameOf, _stackOf) = (NotYet(view.Stacks.Frames.Count), NotYet(view.Stacks.Stacks.Count));
        // A sample has only a few threads here, and whose code is the program's shows only beside the others.
        if (!view.Dump.IsSample || _ownersNow is null)
            _ownersNow = new StackOwners(view.Stacks, view.Dump.AsyncStacks.Count > 0 ? view.Async.All : []);
        HashSet<DumpThread> idle = leavesOut ? [.. view.Sections.Idle.SelectMany(static g => g.Threads)] : [];
        for (int i = 0; i < view.Dump.Threads.Count; i++)
        {
            DumpThread thread = view.Dump.Threads[i];
            bool isIdle = idle.Contains(thread);
            if (weightOf[thread] > 0)
                _seen[thread] = ((!isIdle || KeepsIdle) && view.Stacks.StackOf(i) is var stack and not VisibleStacks.NotShown ? NumberOf(thread, view.Stacks, stack) : Nothing, isIdle);
        }
    }

    private void Add(DumpThread thread, long weight)
    {
        if (weight <= 0)
            return;
        (int stack, bool isIdle) = _seen[thread];
        if (isIdle)
        {
            LeftOut = LeftOut with { Threads = LeftOut.Threads + weight };
            if (stack != Nothing)
                _idleThreads[stack] = Sum(_idleThreads.GetValueOrDefault(stack), weight);
        }
        else if (stack != Nothing)
        {
            Add(thread.OsId, thread.ManagedId, thread.DisplayName, stack, weight);
        }
    }

    private void Forget(ThreadDump dump)
    {
        HashSet<DumpThread> now = dump.IsSample ? [.. dump.Threads] : [];
        foreach (DumpThread thread in _seen.Keys)
        {
            if (!now.Contains(thread))
                _seen.Remove(thread);
        }
    }

    private void Add(AsyncGroups groups, IReadOnlyList<AsyncStackGroup> added, Dictionary<int, long> sums) =>
        new AsyncSamples(groups, IdOf, name => IdOf(new SampleFrame(name)), forPeople, _options.ShowHidden, (stack, count) =>
        {
            int number = NumberOf(stack);
            sums[number] = _weights is { OfAsync: var weight } ? Sum(sums.GetValueOrDefault(number), count * weight) : AsyncStackGroup.Sum(sums.GetValueOrDefault(number), count);
        }).Add(added);

    private void Add(OsThreadId id, ManagedThreadId? managedId, string name, int stack, long weight)
    {
        string shown = EscapedText.Plain(name);
        // With the name: ids are reused, and a thread with a new name does something else.
        var key = (id, managedId, shown);
        if (!_threadsByKey.TryGetValue(key, out var thread))
        {
            thread = new SampledThread(id, shown, _begin);
            _threadsByKey.Add(key, thread);
            _threads.Add(thread);
        }
        thread.Add(stack, weight);
    }

    private int NumberOf(ReadOnlySpan<int> stack) => _stacks.TryGetId(stack, out int number)
        ? number
        : _stacks.IdOf([IdOf(new SampleFrame("[too many different stacks]"))]);

    /// <summary>Adds counts or weights. No sum is larger than what a script can count exactly.</summary>
    public static long Sum(long one, long other) => Math.Min(one + Math.Clamp(other, 0, MaxSum), MaxSum);

    private static int[] NotYet(int count)
    {
        var numbers = new int[count];
        Array.Fill(numbers, -1);
        return numbers;
    }

    /// <summary>The number of a thread's stack; <see cref="Nothing"/> if there is nothing to show.</summary>
    private int NumberOf(DumpThread thread, VisibleStacks stacks, int stack)
    {
        bool isWhole = thread.Completeness is not (StackCompleteness.Truncated or StackCompleteness.Broken) && stacks.Stacks[stack].Length > 0;
        if (isWhole && _stackOf[stack] >= 0)
            return _stackOf[stack];
        int length = Collect(thread, stacks, stack);
        int number = length == 0 ? Nothing : NumberOf(_stack.AsSpan(0, length));
        if (isWhole)
            _stackOf[stack] = number;
        return number;
    }

    /// <summary>Copies the visible part of a thread's stack to <see cref="_stack"/>, outermost first, and returns its length.</summary>
    private int Collect(DumpThread thread, VisibleStacks stacks, int stack)
    {
        ReadOnlySpan<int> visible = stacks.Stacks[stack];
        if (_stack.Length <= visible.Length)
            _stack = new int[Math.Max(visible.Length + 1, _stack.Length * 2)];

        // If outer calls are missing, the stack must not look as if it began with the first known one.
        int length = 0;
        if (thread.Completeness is StackCompleteness.Truncated or StackCompleteness.Broken)
            _stack[length++] = IdOf(new SampleFrame("[outer calls not walked]"));
        int first = length;
        for (int i = visible.Length - 1; i >= 0; i--)
        {
            ref int frame = ref _frameOf[visible[i]];
            if (frame < 0)
                frame = IdOfNew(stacks.Frames[visible[i]]);
            _stack[length++] = frame;
        }
        if (length > first)
            return length;
        if (!_options.ShowHidden && !forPeople)
            return 0;
        _stack[0] = IdOf(new SampleFrame(
            thread.Completeness is not (StackCompleteness.Complete or StackCompleteness.NoManagedFrames) ? "[not walked]"
            : thread.Frames.Count > 0 ? "[hidden frames only]"
            : "[no managed frames]"));
        return 1;
    }

    private int IdOf(DumpFrame frame)
    {
        if (!_known.TryGetValue(frame, out int id))
            _known.Add(frame, id = IdOfNew(frame));
        return id;
    }

    private int IdOfNew(DumpFrame frame)
    {
        int id = IdOf(SampleFrame.FromFrame(frame));
        // With more dumps, more is known of what the program is.
        if (frame.Kind is not FrameKind.Native && _ownersNow!.Of(frame) is var owner && (_owners[id] is not { } known || known < owner))
            _owners[id] = owner;
        return id;
    }

    private int IdOf(SampleFrame frame)
    {
        if (!_frameIds.TryGetValue(frame, out int id))
        {
            id = _frames.Count;
            _frames.Add(frame);
            _owners.Add(null);
            _frameIds.Add(frame, id);
        }
        return id;
    }
}
