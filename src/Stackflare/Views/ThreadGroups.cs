using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>
/// What a text format shows of a dump and in which order: the visible part of each stack as frame ids, and the threads in groups.
/// </summary>
internal sealed class RenderPlan : IDisposable
{
    private int[] _ids;

    private RenderPlan(int frames) => _ids = ArrayPool<int>.Shared.Rent(frames);

    public FrameTable Frames { get; } = new(byPlace: true);

    /// <summary>The groups in the order to show them; one for each thread where grouping is off.</summary>
    public List<StackGroup> Groups { get; } = [];

    /// <summary>Threads in groups of two or more.</summary>
    public int GroupedThreads { get; private set; }

    /// <summary>Groups of two or more.</summary>
    public int SharedStacks { get; private set; }

    /// <summary>Threads left out because they are Stackflare's own.</summary>
    public int OwnThreads { get; private set; }

    /// <summary>Frames left out because they are hidden or the platform's below a wait, counted in every stack they are in.</summary>
    public int HiddenFrames { get; private set; }

    /// <summary>The ids of a group's visible frames, innermost first. They are the caller's to turn round.</summary>
    public Span<int> StackOf(StackGroup group) => _ids.AsSpan(group.Start, group.Length);

    public static RenderPlan Of(ThreadDump dump, RenderOptions options)
    {
        int frames = 0;
        foreach (var thread in dump.Threads)
            frames += thread.Frames.Count;

        var plan = new RenderPlan(frames);
        plan.AddThreads(dump.Threads, options);
        plan.Rank();
        return plan;
    }

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_ids);
        _ids = [];
    }

    private void AddThreads(IReadOnlyList<DumpThread> threads, RenderOptions options)
    {
        var groups = new Dictionary<StackKey, StackGroup>(threads.Count);
        int start = 0;
        foreach (var thread in threads)
        {
            if (thread.IsOwn && !options.All)
            {
                OwnThreads++;
                continue;
            }
            int first = options.All ? 0 : WaitPlumbing.FramesOf(thread);
            int length = AddStack(thread.Frames, first, start, options.All);
            LockNote[]? notes = LockNote.Of(thread, first, options.All);
            var key = new StackKey(this, thread, notes, start, length);
            // Threads without a stack are listed by name; asked for everything, the reader gets each of them in full.
            bool groupable = options.GroupIdenticalStacks && !(options.All && length == 0);
            if (!groupable || !groups.TryGetValue(key, out var group))
            {
                group = new StackGroup(start, length);
                Groups.Add(group);
                if (groupable)
                    groups.Add(key, group);
                start += length;
            }
            group.Add(thread, notes);
        }
        foreach (var group in Groups)
        {
            if (group.Threads.Count > 1)
            {
                SharedStacks++;
                GroupedThreads += group.Threads.Count;
            }
        }
    }

    // As hot as it gets, and most often run for the first time: it must not wait for tiering.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int AddStack(IReadOnlyList<DumpFrame> frames, int first, int start, bool all)
    {
        HiddenFrames += first;
        int end = start;
        if (frames is DumpFrame[] array)
        {
            // An interface call for each frame would be a good part of what a rendering costs.
            foreach (var frame in array.AsSpan(first))
                Add(frame, all, ref end);
        }
        else
        {
            for (int i = first; i < frames.Count; i++)
                Add(frames[i], all, ref end);
        }
        return end - start;
    }

    private void Add(DumpFrame frame, bool all, ref int end)
    {
        if (all || !frame.IsHidden)
            _ids[end++] = Frames.IdOf(frame);
        else
            HiddenFrames++;
    }

    /// <summary>
    /// Puts first what the reader of a hung program's dump looks for: the main thread, then who is blocked, who is running, who
    /// waits in the program's own code, who waits in the platform's (the idle pool), the threads without a stack, and Stackflare's.
    /// Within these, the order of the dump.
    /// </summary>
    private void Rank()
    {
        var isProgram = new bool[Frames.Count];
        for (int id = 0; id < isProgram.Length; id++)
            isProgram[id] = Frames[id].Module is { IsOfPlatform: false };

        for (int i = 0; i < Groups.Count; i++)
        {
            var group = Groups[i];
            int rank = group.First.IsOwn ? 6
                : group.Length == 0 ? 5
                : group.Threads.Exists(static t => t.IsMain) ? 0
                : group.First.Activity is ThreadActivity.Blocked ? 1
                : group.First.Activity is ThreadActivity.Running ? 2
                : AnyOf(StackOf(group), isProgram) ? 3
                : 4;
            // The index makes the order of equals that of the dump: List.Sort is not stable. No dump has 2^24 threads.
            group.Rank = (rank << 24) + i;
        }
        Groups.Sort(static (a, b) => a.Rank.CompareTo(b.Rank));
    }

    private static bool AnyOf(ReadOnlySpan<int> stack, bool[] isProgram)
    {
        foreach (int id in stack)
        {
            if (isProgram[id])
                return true;
        }
        return false;
    }

    /// <summary>What threads of one group have in common. Frames are compared by their places, through their ids.</summary>
    private readonly struct StackKey : IEquatable<StackKey>
    {
        private readonly RenderPlan _plan;
        private readonly DumpThread _thread;
        private readonly LockNote[]? _notes;
        private readonly int _start;
        private readonly int _length;
        private readonly int _hash;

        public StackKey(RenderPlan plan, DumpThread thread, LockNote[]? notes, int start, int length)
        {
            (_plan, _thread, _notes, _start, _length) = (plan, thread, notes, start, length);
            var hash = new HashCode();
            hash.AddBytes(MemoryMarshal.AsBytes(Stack));
            foreach (LockNote note in notes ?? [])
                note.AddTo(ref hash);
            if (thread.AsyncCallers.Count > 0)
                hash.Add(SameFrame.HashOf(thread.AsyncCallers));
            _hash = hash.ToHashCode();
        }

        private ReadOnlySpan<int> Stack => _plan._ids.AsSpan(_start, _length);

        public bool Equals(StackKey other) => _hash == other._hash
            // Hidden callers count as well, of which a reader has no difference to see: that is as rare as it is harmless.
            && SameFrame.AreSame(_thread.AsyncCallers, other._thread.AsyncCallers)
            && _thread.Activity == other._thread.Activity
            && _thread.Completeness == other._thread.Completeness
            && _thread.CurrentException == other._thread.CurrentException
            // Hidden frames alone are something else than no frames at all.
            && (_length > 0 || _thread.Frames.Count == 0 == (other._thread.Frames.Count == 0))
            && LockNote.AreAlike(_notes, other._notes)
            && Stack.SequenceEqual(other.Stack);

        public override bool Equals(object? obj) => obj is StackKey other && Equals(other);

        public override int GetHashCode() => _hash;
    }
}
