using Stackflare.Capture;

namespace Stackflare.Symbols.Async;

/// <summary>The frames of async methods: one for each place where methods wait, shared by all stacks.</summary>
internal sealed class AsyncFrames(RawSnapshot snapshot, SymbolSession session)
{
    private readonly Dictionary<(uint Machine, int State), DumpFrame> _frames = [];

    public DumpFrame Of(in AsyncBox box)
    {
        if (!_frames.TryGetValue((box.Machine, box.State), out DumpFrame? frame))
            _frames[(box.Machine, box.State)] = frame = session.AsyncFrame(snapshot.Types[box.Machine], box.State);
        return frame;
    }
}
