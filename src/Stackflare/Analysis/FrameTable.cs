using System.Runtime.CompilerServices;

namespace Stackflare.Analysis;

/// <summary>
/// Numbers the distinct frames of a dump from 0 in the order of appearance. Stacks share their frame objects, so a stack becomes a
/// short list of numbers that is cheap to compare, and each frame is formatted only once.
/// </summary>
/// <param name="places">Frames that it considers equal have one number, for example <see cref="SameFrame"/>. Null: each frame object has its own.</param>
internal sealed class FrameTable(IEqualityComparer<DumpFrame>? places = null)
{
    // DumpFrame's own equality is by reference, and the default comparer of a sealed type is the fastest.
    private readonly Dictionary<DumpFrame, int> _ids = new(256);
    // Used once for each frame object.
    private readonly Dictionary<DumpFrame, int>? _places = places is null ? null : new(256, places);
    private readonly List<DumpFrame> _frames = new(256);

    public int Count => _frames.Count;

    public DumpFrame this[int id] => _frames[id];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int IdOf(DumpFrame frame)
    {
        if (!_ids.TryGetValue(frame, out int id))
            _ids.Add(frame, id = NumberOf(frame));
        return id;
    }

    private int NumberOf(DumpFrame frame)
    {
        if (_places is not null && _places.TryGetValue(frame, out int known))
            return known;
        int id = _frames.Count;
        _frames.Add(frame);
        _places?.Add(frame, id);
        return id;
    }
}
