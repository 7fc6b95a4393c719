using Stackflare.Runtime.Code;
using Stackflare.Runtime.Stacks;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime;

/// <summary>Turns walked frames into frames of the snapshot: methods and IL offsets. Threads at the same place share one frame.</summary>
internal sealed class FrameReader(ProcessMemory memory, RuntimeLayout layout, MethodReader methods, SnapshotBuilder snapshot)
{
    private readonly Dictionary<(ulong Ip, ulong Call, bool IsExact, bool IsCall), int> _indexes = [];
    private readonly Dictionary<ulong, DebugInfo?> _debugInfos = [];
    private int? _unknown;

    /// <summary>The indexes of the frames of a stack.</summary>
    public int[] IndexesOf(List<WalkedFrame> stack)
    {
        var indexes = new int[stack.Count];
        for (int i = 0; i < indexes.Length; i++)
            indexes[i] = IndexOf(stack[i]);
        return indexes;
    }

    private int IndexOf(in WalkedFrame frame)
    {
        (ulong, ulong, bool, bool) key = (frame.Ip, frame.Call, frame.IsExact, frame.IsCall);
        if (!_indexes.TryGetValue(key, out int index))
            _indexes[key] = index = snapshot.Add(Describe(frame));
        return index;
    }

    private SnapshotFrame Describe(in WalkedFrame frame)
    {
        if (frame.Call != 0)
            return new SnapshotFrame { Method = MethodOf(frame.Call), IsCall = true };
        if (frame.Block is not { } block)
            return default;
        var described = new SnapshotFrame { Method = MethodOf(block.Method), Address = frame.Ip, IsExact = frame.IsExact, IsCall = frame.IsCall };
        if (frame.IsCall)
            return described;
        // A return address is the instruction after the call, which can belong to the next line or be past the end of the method.
        uint offset = block.OffsetOf(frame.IsExact ? frame.Ip : frame.Ip - 1);
        DebugInfo? info = InfoOf(block);
        if (info?.ILOffset(offset) is not { } il)
            return described;
        bool isRewritten = methods.IsRewritten(block.Method, block.Start);
        return described with { ILOffset = isRewritten ? null : il, ILPlaces = info.Places, ILNext = info.ILNext(offset), IsRewritten = isRewritten };
    }

    private DebugInfo? InfoOf(CodeBlock block)
    {
        if (!_debugInfos.TryGetValue(block.Start, out DebugInfo? info))
            _debugInfos[block.Start] = info = DebugInfo.Read(memory, layout.Code!, block);
        return info;
    }

    /// <summary>A managed method without description is not the same as native code.</summary>
    private int MethodOf(ulong method) => methods.IndexOf(method) ?? (_unknown ??= snapshot.Add(new SnapshotMethod()));
}
