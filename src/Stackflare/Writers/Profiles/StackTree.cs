namespace Stackflare.Writers.Profiles;

/// <summary>
/// Stacks as a tree: what several of them begin with is there once. Each node is a frame and the node that called it, which comes before it. In the order of the stacks' frames, so that a stack needs only be
/// compared with the one before.
/// </summary>
internal sealed class StackTree
{
    /// <summary>For <see cref="Callers"/>: no node.</summary>
    public const int None = -1;

    private readonly List<int> _frames = [], _callers = [];
    private readonly int[] _ends;

    public StackTree(StackSamples samples)
    {
        var order = new int[samples.Stacks.Count];
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(order, (a, b) => samples.Stacks[a].SequenceCompareTo(samples.Stacks[b]));

        _ends = new int[order.Length];
        int[] path = [];
        ReadOnlySpan<int> before = [];
        foreach (int stack in order)
        {
            ReadOnlySpan<int> frames = samples.Stacks[stack];
            if (path.Length < frames.Length)
                Array.Resize(ref path, Math.Max(frames.Length, path.Length * 2));
            for (int i = before.CommonPrefixLength(frames); i < frames.Length; i++)
            {
                path[i] = _frames.Count;
                _frames.Add(frames[i]);
                _callers.Add(i == 0 ? None : path[i - 1]);
            }
            _ends[stack] = path[frames.Length - 1];
            before = frames;
        }
    }

    /// <summary>The frame of each node.</summary>
    public IReadOnlyList<int> Frames => _frames;

    /// <summary>The node that called each node.</summary>
    public IReadOnlyList<int> Callers => _callers;

    /// <summary>The node at the inner end of a stack, by the stack's number.</summary>
    public int EndOf(int stack) => _ends[stack];
}
