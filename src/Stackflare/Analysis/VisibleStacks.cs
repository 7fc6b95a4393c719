using System.Runtime.CompilerServices;

namespace Stackflare.Analysis;

/// <summary>
/// The visible part of each thread's stack: without hidden frames, without framework frames below a wait, and without the framework's outer frames
/// that only lead to the program. Two threads have the same stack if these parts have equal frames. The hidden stubs of the runtime differ with how
/// often a method was compiled.
/// </summary>
internal sealed class VisibleStacks : IDisposable
{
    /// <summary>The stack number of a thread that is not shown.</summary>
    public const int NotShown = -1;

    private readonly (int Stack, int First)[] _threads;
    private int[] _visible = new int[256];

    /// <param name="threads">The threads of a dump.</param>
    /// <param name="all">Whether everything is shown, hidden or not.</param>
    /// <param name="callers">Whether stacks include <see cref="PlatformCallers"/>.</param>
    public VisibleStacks(IReadOnlyList<DumpThread> threads, bool all, bool callers = false)
    {
        _threads = new (int, int)[threads.Count];
        for (int i = 0; i < _threads.Length; i++)
        {
            DumpThread thread = threads[i];
            if (thread.IsOwn && !all)
            {
                _threads[i] = (NotShown, 0);
                OwnThreads++;
                continue;
            }
            int first = all ? 0 : WaitPlumbing.FramesOf(thread);
            int end = all || callers ? thread.Frames.Count : PlatformCallers.EndOf(thread);
            int length = Collect(thread.Frames, first, end, all);
            HiddenFrames += thread.Frames.Count - length;
            _threads[i] = (Stacks.IdOf(_visible.AsSpan(0, length)), first);
        }
    }

    /// <summary>The frames of the stacks, numbered by place.</summary>
    public FrameTable Frames { get; } = new(SameFrame.Comparer);

    /// <summary>The distinct stacks as numbers of <see cref="Frames"/>, innermost first. One of them may be empty.</summary>
    public StackTable Stacks { get; } = new();

    /// <summary>How many of Stackflare's own threads are left out.</summary>
    public int OwnThreads { get; }

    /// <summary>How many frames are left out, counted in every stack that contains them.</summary>
    public int HiddenFrames { get; }

    /// <summary>The number of a thread's stack, or <see cref="NotShown"/>.</summary>
    /// <param name="thread">The thread's index in the dump.</param>
    public int StackOf(int thread) => _threads[thread].Stack;

    /// <summary>The index of a thread's innermost frame that is not below a wait.</summary>
    /// <param name="thread">The thread's index in the dump.</param>
    public int FirstFrameOf(int thread) => _threads[thread].First;

    public void Dispose() => Stacks.Dispose();

    // The hottest loop, and it usually runs for the first time: it must not start in tier 0.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Collect(IReadOnlyList<DumpFrame> frames, int first, int end, bool all)
    {
        if (_visible.Length < frames.Count)
            _visible = new int[Math.Max(frames.Count, _visible.Length * 2)];
        int length = 0;
        if (frames is DumpFrame[] array)
        {
            // An interface call for each frame would cost a large part of the time.
            foreach (DumpFrame frame in array.AsSpan(first, end - first))
            {
                if (all || !frame.IsHidden)
                    _visible[length++] = Frames.IdOf(frame);
            }
            return length;
        }
        for (int i = first; i < end; i++)
        {
            if (all || !frames[i].IsHidden)
                _visible[length++] = Frames.IdOf(frames[i]);
        }
        return length;
    }
}
