using Stackflare.Runtime.Stacks;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;

namespace Stackflare.Runtime.Heap;

/// <summary>
/// Which methods, of those that the runtime suspends itself, threads run: a variable of each thread has the task whose methods it runs, and the
/// continuation that follows (.NET 11).
/// </summary>
internal sealed class Dispatchers
{
    private const int MaxOnStack = 64;
    private const uint RowMask = 0x00FFFFFF;

    private static readonly string[] Fields = ["Next", "NextContinuation", "CurrentTask"];

    private readonly ProcessMemory _memory;
    private readonly ThreadVariableLayout _layout;
    private readonly CoreTypes _core;
    private readonly MethodReader _methods;
    private readonly TypeLayout _types;
    private readonly uint _arrayItems;
    private readonly uint _next, _continuation, _task;
    private readonly uint _index, _offset;
    private readonly bool _isDirect;
    private readonly Dictionary<ulong, bool> _dispatches = [];

    private Dispatchers(ProcessMemory memory, RuntimeLayout layout, CoreTypes core, MethodReader methods, (uint Index, uint Offset, bool IsDirect) place, uint[] fields)
    {
        (_memory, _layout, _core, _methods, _types) = (memory, layout.Heap.ThreadVariables!, core, methods, layout.Types!);
        _arrayItems = layout.Heap.References!.ArrayItems;
        (_index, _offset, _isDirect) = place;
        (_next, _continuation, _task) = (fields[0], fields[1], fields[2]);
    }

    /// <summary>Finds the variable; null if the program has no such methods, or if the variable's place is not known.</summary>
    public static Dispatchers? Find(ProcessMemory memory, RuntimeLayout layout, CoreTypes core, TypeFields fields, MethodReader methods)
    {
        try
        {
            if (layout.Heap.ThreadVariables is not { } variables || layout.Fields is not { } table || core.Loaded(CoreType.Dispatcher) is not (var type and not 0)
                || fields.TokenOf(type, "t_current") is not { } token)
            {
                return null;
            }
            uint index = memory.Read<uint>(memory.Pointer(type + variables.Index) - variables.IndexBefore), kind = index >> ThreadVariableLayout.KindShift;
            ulong field = core.Map.Entry(variables.Fields, token & RowMask);
            if (index == ThreadVariableLayout.Unused || kind is not (ThreadVariableLayout.InArray or ThreadVariableLayout.Direct) || field == 0
                || memory.Pointer(field + table.Type) != type || (memory.Read<uint>(field + table.Token) & FieldLayout.TokenMask) != (token & RowMask))
            {
                return null;
            }
            index &= (1u << ThreadVariableLayout.KindShift) - 1;
            // The type is a struct.
            FieldOffset[] own = fields.Of(type, isStruct: true);
            uint[] offsets = [.. Fields.Select(n => fields.TokenOf(type, n)).SelectMany(t => own.Where(f => f.Token == t)).Select(static f => f.Offset)];
            return offsets.Length != Fields.Length || (kind == ThreadVariableLayout.InArray && index < variables.LeftOut) ? null
                : new Dispatchers(memory, layout, core, methods, (index, memory.Read<uint>(field + table.Place) & FieldLayout.PlaceMask, kind == ThreadVariableLayout.Direct), offsets);
        }
        catch (MissingMemoryException)
        {
            return null;
        }
    }

    /// <summary>Looks at a thread.</summary>
    /// <param name="thread">Its index.</param>
    /// <param name="address">The runtime's thread.</param>
    /// <param name="stack">Its frames, innermost first.</param>
    /// <param name="running">Where what it runs is added.</param>
    /// <param name="search">Copies objects.</param>
    /// <param name="copies">The objects of the heap, all of which were seen.</param>
    /// <param name="continuations">Copies continuations.</param>
    public void LookAt(int thread, ulong address, List<WalkedFrame> stack, RunningMethods running, HeapSearch search, HeapCopies copies, Continuations continuations)
    {
        if (!stack.Exists(f => f.Block is { } block && IsDispatching(block.Method)))
            return;
        try
        {
            ulong at = Current(address);
            // From the innermost to the outermost on the stack.
            for (int i = 0; i < MaxOnStack && at != 0; i++)
            {
                ulong next = _memory.Pointer(at + _continuation), task = _memory.Pointer(at + _task), outer = _memory.Pointer(at + _next);
                if (FrameWith(stack, at) is not (>= 0 and var frame))
                    return;
                int of = copies.Find(task), then = next == 0 ? -1 : copies.Find(next);
                if (of >= 0 && (copies.Candidates[of].Traits & (HeapObjectTraits.Suspended | HeapObjectTraits.Completed)) == HeapObjectTraits.Suspended)
                {
                    search.CopyAt(of);
                    continuations.Follow(next, search, copies, isHead: false);
                    bool goesOn = then >= 0 && (copies.Candidates[then].Traits & HeapObjectTraits.Continuation) != 0 && copies.Candidates[then].Copy != 0;
                    if (copies.Candidates[of].Copy != 0)
                        running.Add(new RunningMethods.Run(thread, frame, of, goesOn ? then : -1));
                }
                if (outer <= at)
                    return;
                at = outer;
            }
        }
        catch (MissingMemoryException)
        {
        }
    }

    private ulong Current(ulong thread)
    {
        ulong own = _memory.Pointer(thread + _layout.OfThread);
        if (own == 0)
            return 0;
        if (_isDirect)
            return _memory.Pointer(own + _index + _offset);
        ulong array = _memory.Pointer(own + _layout.Array);
        if (array == 0 || _memory.Read<uint>(own + _layout.ArrayCount) <= _index)
            return 0;
        ulong values = _memory.Pointer(array + _arrayItems + ((_index - _layout.LeftOut) * (ulong)sizeof(ulong)));
        return values == 0 ? 0 : _memory.Pointer(values + _offset);
    }

    /// <summary>The frame whose part of the stack contains an address, if its method runs suspended methods; otherwise negative.</summary>
    private int FrameWith(List<WalkedFrame> stack, ulong address)
    {
        int within = -1;
        for (int i = 0; i < stack.Count; i++)
        {
            if (stack[i].Sp > address)
                break;
            if (stack[i].Sp != 0)
                within = i;
        }
        return within >= 0 && stack[within].Block is { } block && IsDispatching(block.Method) ? within : -1;
    }

    private bool IsDispatching(ulong method)
    {
        if (!_dispatches.TryGetValue(method, out bool dispatches))
        {
            try
            {
                ulong type = _methods.TypeOf(method);
                dispatches = _core.Of(_memory.Pointer(type + _types.Module), _memory.Read<uint>(type + _types.Flags2) >> TypeLayout.TokenShift) == CoreType.SuspendedTask;
            }
            catch (MissingMemoryException)
            {
            }
            _dispatches[method] = dispatches;
        }
        return dispatches;
    }
}
