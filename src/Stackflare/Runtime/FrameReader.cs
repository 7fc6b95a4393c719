using Stackflare.Runtime.Code;
using Stackflare.Runtime.Stacks;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime;

/// <summary>Turns walked frames into frames of the snapshot: methods and IL offsets. Threads at the same place share one frame.</summary>
internal sealed class FrameReader(ProcessMemory memory, RuntimeLayout layout, MethodReader methods, NativeSymbols symbols, SnapshotBuilder snapshot)
{
    /// <summary>A limit on entries of all maps from code to IL. Those of a large program have some millions.</summary>
    private const int MaxEntries = 1 << 23;

    private readonly Dictionary<(ulong Ip, ulong Call, bool IsExact, bool IsThrow, bool IsCall), int> _indexes = [];
    private readonly Dictionary<ulong, DebugInfo?> _debugInfos = [];
    private int? _unknown;
    private int _entriesLeft = MaxEntries;

    /// <summary>Whether managed code has no lines although its methods are known: what says where its IL is could not be read, or has a format that is not known.</summary>
    public bool LacksLines { get; private set; }

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
        (ulong, ulong, bool, bool, bool) key = (frame.Ip, frame.Call, frame.IsExact, frame.IsThrow, frame.IsCall);
        if (!_indexes.TryGetValue(key, out int index))
            _indexes[key] = index = snapshot.Add(Describe(frame));
        return index;
    }

    private SnapshotFrame Describe(in WalkedFrame frame)
    {
        if (frame.Call != 0)
            return new SnapshotFrame { Method = MethodOf(frame.Call), IsCall = true };
        if (frame.Block is not { } block)
            return frame.Ip != 0 && symbols.NameOf(frame.Ip, frame.IsExact) is { } name ? Native(frame, name) : default;
        // Where an exception was raised, no call of the IL leads to the next frame.
        var described = new SnapshotFrame { Method = MethodOf(block.Method), Address = frame.Ip, IsExact = frame.IsExact || frame.IsThrow, IsCall = frame.IsCall };
        if (frame.IsCall)
            return described;
        // A return address is the instruction after the call, which can belong to the next line or be past the end of the method.
        uint offset = block.OffsetOf(frame.IsExact ? frame.Ip : frame.Ip - 1);
        DebugInfo? info = InfoOf(block);
        if (info?.ILOffset(offset) is not { } il)
        {
            LacksLines |= !layout.Code!.HasKnownDebugInfo || _entriesLeft < 0;
            return described;
        }
        // What was compiled ahead of time is the IL of the file.
        if ((block.IsAheadOfTime ? false : methods.IsRewritten(block.Method, block.Start)) is not { } isRewritten)
        {
            LacksLines = true;
            return described;
        }
        return described with { ILOffset = isRewritten ? null : il, ILPlaces = info.Places, ILNext = info.ILNext(offset), IsRewritten = isRewritten };
    }

    private SnapshotFrame Native(in WalkedFrame frame, string name) => new()
    {
        Method = snapshot.Add(new SnapshotMethod { IsDynamic = true, IsNative = true, Name = name }),
        Address = frame.Ip,
        IsExact = frame.IsExact,
    };

    private DebugInfo? InfoOf(CodeBlock block)
    {
        if (!_debugInfos.TryGetValue(block.Start, out DebugInfo? info))
        {
            info = _entriesLeft < 0 ? null : DebugInfo.Read(memory, layout.Code!, block);
            _entriesLeft -= info?.Count ?? 0;
            _debugInfos[block.Start] = info;
        }
        return info;
    }

    /// <summary>A managed method without description is not the same as native code.</summary>
    private int MethodOf(ulong method) => methods.IndexOf(method) ?? (_unknown ??= snapshot.Add(new SnapshotMethod()));
}
