using Stackflare.Snapshots;
using Stackflare.Symbols;
using Stackflare.Symbols.Modules;

namespace Stackflare.Building.Async;

/// <summary>The frames of async methods: one for each place where methods wait, shared by all stacks.</summary>
internal sealed class AsyncFrames(Snapshot snapshot, SymbolSession session)
{
    private readonly Dictionary<(int Machine, int State), DumpFrame> _frames = [];
    private readonly Dictionary<int, DumpFrame> _suspended = [];

    /// <summary>Whether a method releases a semaphore somewhere, so that who gets past its wait is still in the method.</summary>
    public bool ReleasesSemaphore(in AsyncBox box)
    {
        (ModuleSymbols? module, uint? token) = (null, null);
        if (box.Frame is { } index)
            (module, token) = (session.ModuleOf(snapshot.Frames[index]), snapshot.Frames[index].Method is { } method ? snapshot.Methods[method].Token : null);
        else if (box.Machine is { } machine && session.Module(snapshot.Types[machine].Module) is { } known)
            (module, token) = (known, known.Symbols.MoveNextOf(snapshot.Types[machine].Token));
        return module is not null && token is { } at && module.Symbols.LockScopesAround(at, 0) is { ReleasesSemaphore: true };
    }

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
