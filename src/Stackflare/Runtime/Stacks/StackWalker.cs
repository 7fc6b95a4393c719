using Stackflare.Runtime.Code;
using Stackflare.Runtime.Types;

namespace Stackflare.Runtime.Stacks;

/// <summary>
/// Walks stacks without the runtime: managed frames by their unwind codes, native code by the runtime's frame objects, or where there is none of these, by
/// the unwind tables of libraries. It has the frames that the probe has.
/// </summary>
internal sealed class StackWalker(ProcessMemory memory, RuntimeLayout layout, CodeMap code, MethodReader methods, MappedImages images)
{
    private const int MaxNative = 256;

    private readonly ThreadLayout _threads = layout.Threads!;
    private readonly FrameLayout _frames = layout.Frames!;
    private readonly NativeFrames _native = new(memory, images);
    private readonly ReturnAddresses _returns = new(memory, layout.Threads!);

    /// <summary>Where the part of the outermost managed frame of the last stack ends.</summary>
    public ulong StackEnd { get; private set; }

    /// <summary>Walks one stack, innermost frame first.</summary>
    /// <param name="thread">The runtime's thread.</param>
    /// <param name="registers">Its registers; null if they are not known.</param>
    /// <param name="limit">The largest number of frames.</param>
    /// <param name="end">How the walk ended.</param>
    public List<WalkedFrame> Walk(ulong thread, Registers? registers, int limit, out WalkEnd end)
    {
        var walk = new State(thread, registers ?? default, limit);
        try
        {
            walk.IsCooperative = memory.Read<uint>(thread + _threads.Cooperative) != 0;
            walk.Objects = new FrameObjects(memory, _frames, layout.Calls, memory.Pointer(thread + _threads.Frame));
            walk.IsExact = registers is not null;
            end = Go(walk);
        }
        catch (MissingMemoryException)
        {
            end = WalkEnd.Broken;
        }
        StackEnd = walk.Registers.Sp;
        return walk.Frames;
    }

    private WalkEnd Go(State walk)
    {
        while (walk.Frames.Count < walk.Limit)
        {
            ulong ip = walk.Registers.Ip;
            if (code.Find(walk.IsExact ? ip : ip - 1) is { } block)
            {
                if (!LeaveManaged(walk, block))
                    return walk.IsReplaced ? WalkEnd.Replaced : WalkEnd.Broken;
            }
            else if (!TryLeaveStub(walk) && !LeaveNative(walk, out WalkEnd end))
            {
                return end;
            }
        }
        return WalkEnd.Limit;
    }

    /// <summary>
    /// Goes to the caller of a stub that the runtime has made in memory, for example for a call of a method that is not compiled yet, or for a store of a
    /// reference. It has no frame of its own.
    /// </summary>
    private bool TryLeaveStub(State walk)
    {
        Registers registers = walk.Registers;
        if (!walk.IsExact || registers.Ip == 0 || !(code.IsOfRuntime(registers.Ip) || images.At(registers.Ip) is null)
            || !memory.TryRead(registers.Sp, out ulong address) || code.Find(address - 1) is null)
        {
            return false;
        }
        registers.Ip = address;
        registers.Sp += sizeof(ulong);
        walk.Go(registers, isExact: false);
        return true;
    }

    /// <summary>Adds a managed frame and goes to its caller. False if that is not possible.</summary>
    private bool LeaveManaged(State walk, CodeBlock block)
    {
        walk.Add(new WalkedFrame { Block = block, Ip = walk.Registers.Ip, Sp = walk.Registers.Sp, IsExact = walk.IsExact, IsThrow = walk.IsThrow, IsCall = walk.IsCaller && methods.IsNative(block.Method) is not false });
        Registers caller = walk.Registers;
        if (!UnwindCodes.Leave(memory, ref caller, block, walk.IsExact))
            return false;
        if (block.IsFilter)
        {
            // The runtime calls it before it leaves the frames of the exception. They follow those of the runtime's own code for exceptions.
            walk.IsInExceptionCode = true;
        }
        else if (block.IsHandler)
        {
            // A catch or finally block is called by the runtime, or by its method. Both are the frame of one method.
            Registers method = caller;
            method[Registers.Rbp] = walk.Registers.Fp;
            if (UnwindCodes.LeaveMethodOf(memory, ref method, block))
                caller = method;
        }
        if (caller.Sp <= walk.Registers.Sp || !RestoreReturn(walk, ref caller))
            return false;
        walk.Go(caller, isExact: false);
        walk.Objects.SkipBelow(caller.Sp);
        return true;
    }

    /// <summary>Puts a return address that the runtime has replaced in its place. False if it is not known.</summary>
    private bool RestoreReturn(State walk, ref Registers caller)
    {
        if (code.Find(caller.Ip - 1) is not null)
            return true;
        if (_returns.Replaced(walk.Thread, caller.Sp - sizeof(ulong)) is { } address && code.Find(address - 1) is not null)
            caller.Ip = address;
        else if (!_returns.IsAfterCall(caller.Ip))
            walk.IsReplaced = true;
        return !walk.IsReplaced;
    }

    /// <summary>Goes from native code to the managed code that called it. False at the end of the stack.</summary>
    private bool LeaveNative(State walk, out WalkEnd end)
    {
        end = WalkEnd.Complete;
        bool isInnermost = walk.Frames.Count == 0;
        // As for the probe, the native code that a thread runs now is no frame.
        if (!isInnermost)
            walk.Add(default);
        // In cooperative mode, native code may have been called without a frame object.
        if (isInnermost && walk.IsCooperative && walk.Registers.Ip != 0 && TryUnwindNative(walk))
            return true;
        if (walk.Objects.LeaveNative(walk.Registers) is not { } caller)
        {
            end = walk.IsLost ? WalkEnd.InnermostLost : WalkEnd.Complete;
            return false;
        }
        if (!isInnermost && caller.Registers.Sp <= walk.Registers.Sp)
        {
            end = WalkEnd.Broken;
            return false;
        }
        walk.IsInExceptionCode &= !caller.IsThrow;
        AddCall(walk, caller.Registers.Ip, caller.Target);
        walk.Go(caller.Registers, caller.IsExact);
        walk.IsCaller = caller.IsCall;
        walk.IsThrow = caller.IsThrow;
        return true;
    }

    /// <summary>Adds the P/Invoke that managed code called, if it has no managed code itself.</summary>
    private void AddCall(State walk, ulong ip, ulong target)
    {
        ulong method = target & ~CallLayout.Marks;
        if (target == 0 || (target & CallLayout.NotMethod) != 0 || methods.IsNative(method) is not true)
            return;
        if (code.Find(ip - 1) is not { } caller || methods.IsNative(caller.Method) is false)
            walk.Add(new WalkedFrame { Call = method });
    }

    private bool TryUnwindNative(State walk)
    {
        Registers registers = walk.Registers;
        bool isExact = walk.IsExact;
        var passed = new List<WalkedFrame>();
        // A frame object stands before native code that has one.
        for (int i = 0; i < MaxNative && registers.Sp < walk.Objects.Next; i++)
        {
            ulong sp = registers.Sp;
            passed.Add(new WalkedFrame { Ip = registers.Ip, IsExact = isExact });
            if (!_native.TryLeave(ref registers, ref isExact) || registers.Sp <= sp)
                break;
            if (code.Find(isExact ? registers.Ip : registers.Ip - 1) is null)
                continue;
            // An object in the frames that were left knows more of the managed code, for example that it raised an exception.
            if (walk.Objects.Next < registers.Sp)
                return false;
            // The runtime cannot stop the thread there, so the program may hang because of it.
            walk.Frames.AddRange(passed);
            walk.Go(registers, isExact);
            walk.Objects.SkipBelow(registers.Sp);
            return true;
        }
        walk.IsLost = registers.Sp < walk.Objects.Next;
        return false;
    }

    /// <summary>The state of one walk.</summary>
    private sealed class State(ulong thread, Registers registers, int limit)
    {
        public Registers Registers = registers;

        /// <summary>The runtime's thread.</summary>
        public ulong Thread { get; } = thread;

        public List<WalkedFrame> Frames { get; } = [];

        public int Limit { get; } = limit;

        public FrameObjects Objects { get; set; } = null!;

        /// <summary>Whether the instruction pointer is the thread's next instruction.</summary>
        public bool IsExact { get; set; }

        /// <summary>Whether the code at the instruction pointer made a call of native code.</summary>
        public bool IsCaller { get; set; }

        /// <summary>Whether that code raised an exception.</summary>
        public bool IsThrow { get; set; }

        public bool IsCooperative { get; set; }

        /// <summary>Whether the innermost frames may be missing.</summary>
        public bool IsLost { get; set; }

        /// <summary>Whether a return address is not that of the caller, which is not known.</summary>
        public bool IsReplaced { get; set; }

        /// <summary>Whether the frames are those of the runtime's own code that called a filter.</summary>
        public bool IsInExceptionCode { get; set; }

        public void Add(in WalkedFrame frame)
        {
            // One frame stands for a run of native code.
            if (!IsInExceptionCode && (frame != default || Frames[^1] != default))
                Frames.Add(frame);
        }

        public void Go(in Registers registers, bool isExact)
        {
            Registers = registers;
            IsExact = isExact;
            IsCaller = false;
            IsThrow = false;
        }
    }
}

/// <summary>How a walk ended.</summary>
internal enum WalkEnd
{
    Complete,

    /// <summary>It is complete, but may lack innermost frames: the native code there has no unwind tables, or too many frames.</summary>
    InnermostLost,

    /// <summary>The runtime has replaced a return address to stop the thread, and the caller is not known.</summary>
    Replaced,

    /// <summary>A limit was reached.</summary>
    Limit,

    /// <summary>Memory is missing, or a frame could not be left.</summary>
    Broken,
}
