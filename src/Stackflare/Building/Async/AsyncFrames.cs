using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;

namespace Stackflare.Building.Async;

/// <summary>The frames of async methods: one for each place where methods wait, shared by all stacks.</summary>
internal sealed class AsyncFrames(RawSnapshot snapshot, SymbolSession session)
{
    private readonly Dictionary<(uint Machine, int State), DumpFrame> _frames = [];
    private readonly Dictionary<uint, DumpFrame> _suspended = [];

    /// <summary>Null for a method that has no frame but the one on the stack of the thread that runs it.</summary>
    public DumpFrame? Of(in AsyncBox box)
    {
        DumpFrame? frame;
        if (box.Frame != SnapshotLayout.None)
        {
            if (!_suspended.TryGetValue(box.Frame, out frame))
                _suspended[box.Frame] = frame = session.SuspendedFrame(snapshot.Frames[box.Frame]);
            return frame;
        }
        if (box.Machine == SnapshotLayout.None)
            return null;
        if (!_frames.TryGetValue((box.Machine, box.State), out frame))
            _frames[(box.Machine, box.State)] = frame = session.AsyncFrame(snapshot.Types[box.Machine], box.State);
        return frame;
    }
}
