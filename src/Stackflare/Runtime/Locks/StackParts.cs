using Stackflare.Runtime.Stacks;

namespace Stackflare.Runtime.Locks;

/// <summary>Which part of a stack belongs to which frame.</summary>
internal sealed class StackParts
{
    private readonly List<ulong> _starts = [];
    private readonly List<int> _frames = [];

    public StackParts(List<WalkedFrame> frames, ulong end)
    {
        End = end & ~(sizeof(ulong) - 1ul);
        for (int i = 0; i < frames.Count; i++)
        {
            // Native code is part of the frame that called it. Frames further out have higher addresses.
            if (frames[i].Sp == 0 || (_starts.Count > 0 && frames[i].Sp <= _starts[^1]))
                continue;
            _starts.Add(frames[i].Sp);
            _frames.Add(i);
        }
    }

    /// <summary>Where the managed part of the stack begins; 0 if it has none.</summary>
    public ulong Begin => _starts.Count > 0 ? _starts[0] : 0;

    /// <summary>Where it ends.</summary>
    public ulong End { get; }

    /// <summary>The innermost managed frame.</summary>
    public int First => _frames[0];

    /// <summary>Where the part of the first managed frame begins that is not inside of a frame; the end of the stack if there is none.</summary>
    public ulong BeginOf(int frame)
    {
        int at = _frames.BinarySearch(frame);
        at = at < 0 ? ~at : at;
        return at < _starts.Count ? _starts[at] : End;
    }

    /// <summary>The frame of an address; null for one before the first frame.</summary>
    public int? FrameAt(ulong address)
    {
        int at = _starts.BinarySearch(address);
        at = at < 0 ? ~at - 1 : at;
        return at < 0 ? null : _frames[at];
    }
}
