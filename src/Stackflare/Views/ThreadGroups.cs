using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>The threads of a dump in groups, in the order to show them.</summary>
internal sealed class ThreadGroups
{
    private readonly VisibleStacks _stacks;
    private readonly List<StackGroup> _groups = [];

    public ThreadGroups(ThreadDump dump, RenderOptions options, VisibleStacks stacks)
    {
        _stacks = stacks;
        var groups = new Dictionary<Key, StackGroup>(dump.Threads.Count);
        for (int i = 0; i < dump.Threads.Count; i++)
        {
            int stack = stacks.StackOf(i);
            if (stack == VisibleStacks.NotShown)
                continue;
            DumpThread thread = dump.Threads[i];
            int length = stacks.Stacks[stack].Length;
            LockNote[]? notes = LockNote.ForThread(thread, stacks.FirstFrameOf(i), options.ShowHidden);
            var key = new Key(stack, thread, VisibleFrames.Of(thread.AsyncCallers, options.ShowHidden), notes);
            // Threads without a stack are listed by name. With ShowHidden, each of them is shown in full.
            bool groupable = options.GroupIdenticalStacks && !(options.ShowHidden && length == 0);
            if (!groupable || !groups.TryGetValue(key, out StackGroup? group))
            {
                group = new StackGroup(stack, length);
                _groups.Add(group);
                if (groupable)
                    groups.Add(key, group);
            }
            group.Add(thread, notes);
        }
        Rank();
    }

    /// <summary>The groups in the order of display; one for each thread if grouping is off.</summary>
    public IReadOnlyList<StackGroup> All => _groups;

    /// <summary>Number of groups with at least two threads.</summary>
    public int Shared => _groups.Count(static g => g.Threads.Count > 1);

    /// <summary>Number of threads in groups with at least two threads.</summary>
    public int SharedThreads => _groups.Where(static g => g.Threads.Count > 1).Sum(static g => g.Threads.Count);

    /// <summary>
    /// The most important threads of a hung program first: the main thread, then blocked threads, running threads, threads that
    /// wait in the program's own code, threads that wait in framework code (the idle pool), threads without a stack, and Stackflare's own.
    /// Otherwise the order of the dump.
    /// </summary>
    private void Rank()
    {
        var isProgram = new bool[_stacks.Frames.Count];
        for (int id = 0; id < isProgram.Length; id++)
            isProgram[id] = _stacks.Frames[id].Module is { IsOfPlatform: false };

        for (int i = 0; i < _groups.Count; i++)
        {
            var group = _groups[i];
            int rank = group.First.IsOwn ? 6
                : group.Length == 0 ? 5
                : group.Threads.Exists(static t => t.IsMain) ? 0
                : group.First.Activity is ThreadActivity.Blocked ? 1
                : group.First.Activity is ThreadActivity.Running ? 2
                : AnyOf(_stacks.Stacks[group.Stack], isProgram) ? 3
                : 4;
            // The index keeps equal groups in the order of the dump, because List.Sort is not stable. No dump has 2^24 threads.
            group.Rank = (rank << 24) + i;
        }
        _groups.Sort(static (a, b) => a.Rank.CompareTo(b.Rank));
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

    /// <summary>What all threads of a group have in common.</summary>
    private readonly struct Key : IEquatable<Key>
    {
        private readonly DumpThread _thread;
        private readonly IReadOnlyList<DumpFrame> _callers;
        private readonly LockNote[]? _notes;
        private readonly int _stack;
        private readonly int _hash;

        public Key(int stack, DumpThread thread, IReadOnlyList<DumpFrame> callers, LockNote[]? notes)
        {
            (_stack, _thread, _callers, _notes) = (stack, thread, callers, notes);
            var hash = new HashCode();
            hash.Add(stack);
            foreach (LockNote note in notes ?? [])
                note.AddTo(ref hash);
            if (callers.Count > 0)
                hash.Add(SameFrame.HashOf(callers));
            _hash = hash.ToHashCode();
        }

        public bool Equals(Key other) => _hash == other._hash
            && _stack == other._stack
            && SameFrame.AreSame(_callers, other._callers)
            && (_callers.Count == 0 || SameFrame.Comparer.Equals(_thread.AwaitedFrame, other._thread.AwaitedFrame))
            && _thread.Activity == other._thread.Activity
            && _thread.Completeness == other._thread.Completeness
            && _thread.CurrentException?.Type == other._thread.CurrentException?.Type
            // Among threads without visible frames: only hidden frames is different from no frames.
            && _thread.Frames.Count == 0 == (other._thread.Frames.Count == 0)
            && LockNote.AreAlike(_notes, other._notes);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode() => _hash;
    }
}
