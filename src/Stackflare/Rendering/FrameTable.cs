using System.Runtime.CompilerServices;

namespace Stackflare.Rendering;

/// <summary>
/// Numbers the distinct frames of a dump from 0 in the order they appear. Stacks share their frame objects, so a stack becomes a
/// row of small numbers that is cheap to compare, and each frame is formatted once however many stacks it is in.
/// </summary>
internal sealed class FrameTable
{
    // By reference: that is what DumpFrame's own equality is, and the default comparer of a sealed type is the fastest.
    private readonly Dictionary<DumpFrame, int> _ids = new(256);
    private readonly List<DumpFrame> _frames = new(256);

    public int Count => _frames.Count;

    public DumpFrame this[int id] => _frames[id];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int IdOf(DumpFrame frame)
    {
        if (!_ids.TryGetValue(frame, out int id))
        {
            id = _frames.Count;
            _ids.Add(frame, id);
            _frames.Add(frame);
        }
        return id;
    }
}
