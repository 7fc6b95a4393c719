namespace Stackflare.Runtime.Stacks;

/// <summary>
/// The runtime's frame objects on the stack of a thread, innermost first. While a thread is in native code, one of them has the registers of the managed
/// code that called it.
/// </summary>
internal sealed class FrameObjects(ProcessMemory memory, FrameLayout layout, CallLayout? calls, ulong first)
{
    /// <summary>No stack has more. Damaged memory can have a chain that goes through all of it.</summary>
    private const int MaxObjects = 1 << 20;

    private int _count;

    /// <summary>The object that comes next; 0 if there are no more.</summary>
    private ulong _next = first == ulong.MaxValue ? 0 : first;

    /// <summary>The address of the object that comes next; the highest address if there are no more.</summary>
    public ulong Next => _next == 0 ? ulong.MaxValue : _next;

    /// <summary>Leaves out the objects of frames that the walk has left.</summary>
    /// <exception cref="MissingMemoryException">An object is missing.</exception>
    public void SkipBelow(ulong sp)
    {
        while (_next != 0 && _next < sp)
            Advance();
    }

    /// <summary>Goes to the managed code that the next object with registers knows; null if there is none.</summary>
    /// <exception cref="MissingMemoryException">An object is missing.</exception>
    public Caller? LeaveNative(Registers registers)
    {
        while (_next != 0)
        {
            ulong current = _next;
            Advance();
            if (Restore(current, registers) is { } caller)
                return caller;
        }
        return null;
    }

    /// <summary>Managed code that called native code.</summary>
    /// <param name="Registers">Its registers.</param>
    /// <param name="IsExact">Whether it was interrupted there, so that it has made no call.</param>
    /// <param name="IsThrow">Whether it raised an exception.</param>
    /// <param name="IsCall">Whether it called a P/Invoke.</param>
    /// <param name="Target">Which one, if that is known: a method, and marks.</param>
    public readonly record struct Caller(Registers Registers, bool IsExact = false, bool IsThrow = false, bool IsCall = false, ulong Target = 0);

    private void Advance()
    {
        ulong next = memory.Pointer(_next + layout.Next);
        // The stack grows downwards: what is further out has a higher address.
        _next = next > _next && next != ulong.MaxValue && ++_count < MaxObjects ? next : 0;
    }

    private Caller? Restore(ulong frame, Registers r)
    {
        ulong kind = memory.Pointer(frame);
        if (kind == layout.InlinedCall)
        {
            // It is cleared when the call has returned.
            r.Ip = memory.Pointer(frame + layout.CallAddress);
            r.Sp = memory.Pointer(frame + layout.CallSp);
            r[Registers.Rbp] = memory.Pointer(frame + layout.CallFp);
            return r.Ip == 0 ? null : new Caller(r, IsCall: true, Target: calls is null ? 0 : memory.Pointer(frame + calls.Target));
        }
        if (kind == layout.Resumable || kind == layout.Redirected)
            return new Caller(FromContext(memory.Pointer(frame + layout.StoppedContext)), IsExact: true);
        if (kind == layout.Faulting)
            return new Caller(FromContext(frame + layout.FaultingContext), IsExact: true, IsThrow: true);
        if (kind == layout.Software)
            return new Caller(FromContext(frame + layout.SoftwareContext), IsThrow: true);
        if (kind == layout.Hijack)
        {
            ulong saved = memory.Pointer(frame + layout.HijackSaved);
            return new Caller(FromSaved(saved + layout.HijackRegisters, r, memory.Pointer(frame + layout.HijackAddress), saved + layout.HijackBytes));
        }
        if (Array.IndexOf(layout.Transitions, kind) < 0)
            return null;
        ulong block = memory.Pointer(frame + layout.Block);
        return new Caller(FromSaved(block + layout.BlockRegisters, r, memory.Pointer(block + layout.BlockAddress), block + layout.BlockBytes));
    }

    private Registers FromContext(ulong context)
    {
        var registers = new Registers { Ip = memory.Pointer(context + FrameLayout.ContextIp) };
        for (int i = 0; i < Registers.Count; i++)
            registers[i] = memory.Pointer(context + FrameLayout.ContextRegisters + ((ulong)i * sizeof(ulong)));
        return registers;
    }

    private Registers FromSaved(ulong saved, Registers registers, ulong ip, ulong sp)
    {
        foreach ((int register, uint offset) in layout.SavedRegisters)
            registers[register] = memory.Pointer(saved + offset);
        registers.Ip = ip;
        registers.Sp = sp;
        return registers;
    }
}
