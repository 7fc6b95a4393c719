using System.Runtime.CompilerServices;

namespace Stackflare.Analysis;

/// <summary>
/// The part of each thread's stack that a reader is shown: without hidden frames, and without the platform's below a wait. Which stubs of the runtime stand between the
/// others differs with how often a method was compiled. Threads have one stack if the frames of this part are at the same places.
/// </summary>
internal sealed class VisibleStacks : IDisposable
{
    /// <summary>Stands for the stack of a thread that is not shown.</summary>
    public const int NotShown = -1;

    private readonly (int Stack, int First)[] _threads;
    private int[] _visible = new int[256];

    /// <param name="threads">The threads of a dump.</param>
    /// <param name="all">Whether everything is shown, hidden or not.</param>
    public VisibleStacks(IReadOnlyList<DumpThread> threads, bool all)
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
            int length = Collect(thread.Frames, first, all);
            HiddenFrames += thread.Frames.Count - length;
            _threads[i] = (Stacks.IdOf(_visible.AsSpan(0, length)), first);
        }
    }

    /// <summary>The frames of the stacks, numbered by their places.</summary>
    public FrameTable Frames { get; } = new(byPlace: true);

    /// <summary>The distinct stacks as numbers of <see cref="Frames"/>, innermost first; one of them may be empty.</summary>
    public StackTable Stacks { get; } = new();

    /// <summary>Threads left out because they are Stackflare's own.</summary>
    public int OwnThreads { get; }

    /// <summary>Frames left out, counted in every stack they are in.</summary>
    public int HiddenFrames { get; }

    /// <summary>The number of a thread's stack; <see cref="NotShown"/> for a thread that is left out.</summary>
    /// <param name="thread">The thread's index in the dump.</param>
    public int StackOf(int thread) => _threads[thread].Stack;

    /// <summary>The index of a thread's innermost frame that is not below a wait.</summary>
    /// <param name="thread">The thread's index in the dump.</param>
    public int FirstFrameOf(int thread) => _threads[thread].First;

    public void Dispose() => Stacks.Dispose();

    // As hot as it gets, and most often run for the first time: it must not wait for tiering.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Collect(IReadOnlyList<DumpFrame> frames, int first, bool all)
    {
        if (_visible.Length < frames.Count)
            _visible = new int[Math.Max(frames.Count, _visible.Length * 2)];
        int length = 0;
        if (frames is DumpFrame[] array)
        {
            // An interface call for each frame would be a good part of the work.
            foreach (DumpFrame frame in array.AsSpan(first))
            {
                if (all || !frame.IsHidden)
                    _visible[length++] = Frames.IdOf(frame);
            }
            return length;
        }
        for (int i = first; i < frames.Count; i++)
        {
            if (all || !frames[i].IsHidden)
                _visible[length++] = Frames.IdOf(frames[i]);
        }
        return length;
    }
}
