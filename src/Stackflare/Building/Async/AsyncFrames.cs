using Stackflare.Snapshots;
using Stackflare.Symbols;

namespace Stackflare.Building.Async;

/// <summary>The frames of async methods: one for each place where methods wait, shared by all stacks.</summary>
internal sealed class AsyncFrames(Snapshot snapshot, SymbolSession session)
{
    private readonly Dictionary<(int Machine, int State), DumpFrame> _frames = [];
    private readonly Dictionary<int, DumpFrame> _suspended = [];

    /// <summary>Null for a running method without an async frame: it is on the stack of its thread.</summary>
    public DumpFrame? FrameAt(in AsyncBox box)
    {
        DumpFrame? frame;
        if (box.Frame is { } index)
        {
            if (!_suspended.TryGetValue(index, out frame))
                _suspended[index] = frame = session.SuspendedFrame(snapshot.Frames[index]);
            return frame;
        }
        if (box.Machine is not { } machine)
            return null;
        if (!_frames.TryGetValue((machine, box.State), out frame))
            _frames[(machine, box.State)] = frame = session.AsyncFrame(snapshot.Types[machine], box.State);
        return frame;
    }
}
