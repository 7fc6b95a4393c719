using Stackflare.Runtime.Stacks;

namespace Stackflare.Runtime.Code;

/// <summary>
/// Leaves a managed frame, by the unwind codes that the compiler writes for x64. Their format is public: "x64 exception handling" in the documentation
/// of the Windows ABI, with an operation for large frames that the runtime adds on Unix.
/// </summary>
internal static class UnwindCodes
{
    private const int MaxChain = 32, MaxEpilog = 16;
    private const ulong CodesAt = 4, CodeBytes = 2;

    /// <summary>A part whose codes go on in those of another part.</summary>
    private const int IsChained = 4;

    /// <summary>Restores the registers of the caller.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="registers">The registers in the frame; if the result is true, those of its caller.</param>
    /// <param name="block">The code of the frame.</param>
    /// <param name="isExact">Whether the instruction pointer is the next instruction of the thread, which can also be in the prolog or the epilog.</param>
    /// <exception cref="MissingMemoryException">Codes or a part of the stack are missing.</exception>
    public static bool Leave(ProcessMemory memory, ref Registers registers, CodeBlock block, bool isExact)
    {
        if (isExact && LeaveEpilog(memory, ref registers, block))
            return true;
        ulong offset = registers.Ip - block.PartStart;
        return Leave(memory, ref registers, block.Base, block.PartUnwind, isExact ? (uint)Math.Min(offset, uint.MaxValue) : uint.MaxValue);
    }

    /// <summary>
    /// Restores the registers of the caller of a method in whose catch or finally block the thread is. The block has the frame pointer of the method, which
    /// points at the place where that of the caller was pushed, next to the return address. False if the method has no frame pointer.
    /// </summary>
    /// <exception cref="MissingMemoryException">Codes or a part of the stack are missing.</exception>
    public static bool LeaveMethodOf(ProcessMemory memory, ref Registers registers, CodeBlock handler)
    {
        if (FrameBytes(memory, handler.Unwind) is not { } bytes)
            return false;
        Registers method = registers;
        method.Sp = method.Fp + sizeof(ulong) - bytes;
        if (!Leave(memory, ref method, handler.Base, handler.Unwind, uint.MaxValue) || method.Sp != registers.Fp + (2 * sizeof(ulong)))
            return false;
        registers = method;
        return true;
    }

    /// <summary>How many bytes the prolog of a method allocates and pushes; null unless the frame pointer is pushed first.</summary>
    private static ulong? FrameBytes(ProcessMemory memory, ulong codes)
    {
        int count = memory.Read<byte>(codes + 2);
        ulong bytes = 0;
        bool isFrameFirst = false;
        for (int i = 0; i < count;)
        {
            ushort code = memory.Read<ushort>(codes + CodesAt + ((ulong)i * CodeBytes));
            int operand = code >> 12;
            ulong more = codes + CodesAt + ((ulong)(i + 1) * CodeBytes);
            isFrameFirst = false;
            switch ((code >> 8) & 0xF)
            {
                case 0:
                    bytes += sizeof(ulong);
                    isFrameFirst = operand == Registers.Rbp;
                    i++;
                    break;
                case 1:
                    bytes += operand == 0 ? memory.Read<ushort>(more) * 8ul : memory.Read<uint>(more);
                    i += operand == 0 ? 2 : 3;
                    break;
                case 2:
                    bytes += ((ulong)operand * 8) + 8;
                    i++;
                    break;
                case 3:
                    i++;
                    break;
                case 4 or 6 or 8:
                    i += 2;
                    break;
                default:
                    i += 3;
                    break;
            }
        }
        return isFrameFirst ? bytes : null;
    }

    /// <param name="memory">The process's memory.</param>
    /// <param name="registers">The registers.</param>
    /// <param name="image">What relative addresses count from.</param>
    /// <param name="codes">The address of the codes.</param>
    /// <param name="offset">How far in the part the thread is: what comes later in the prolog has not happened.</param>
    private static bool Leave(ProcessMemory memory, ref Registers registers, ulong image, ulong codes, uint offset)
    {
        Registers r = registers;
        for (int i = 0; i < MaxChain; i++)
        {
            int flags = memory.Read<byte>(codes) >> 3, count = memory.Read<byte>(codes + 2);
            byte frame = memory.Read<byte>(codes + 3);
            if (!Undo(memory, ref r, codes + CodesAt, count, frame, i == 0 ? offset : uint.MaxValue))
                return false;
            if ((flags & IsChained) == 0)
            {
                Return(memory, ref r);
                registers = r;
                return true;
            }
            // Behind the codes, whose number is rounded up, is the description of the other part: its start, its end, its codes.
            codes = image + memory.Read<uint>(codes + CodesAt + ((ulong)((count + 1) & ~1) * CodeBytes) + (2 * sizeof(uint)));
        }
        return false;
    }

    /// <summary>Undoes the operations of a prolog, which are there from the last to the first.</summary>
    private static bool Undo(ProcessMemory memory, ref Registers r, ulong codes, int count, byte frame, uint offset)
    {
        for (int i = 0; i < count;)
        {
            ushort code = memory.Read<ushort>(codes + ((ulong)i * CodeBytes));
            int operand = code >> 12;
            bool isDone = (code & 0xFF) <= offset;
            ulong more = codes + ((ulong)(i + 1) * CodeBytes);
            switch ((code >> 8) & 0xF)
            {
                case 0: // a register was pushed
                    if (isDone)
                        Pop(memory, ref r, operand);
                    i++;
                    break;
                case 1: // a large allocation
                    if (isDone)
                        r.Sp += operand == 0 ? memory.Read<ushort>(more) * 8ul : memory.Read<uint>(more);
                    i += operand == 0 ? 2 : 3;
                    break;
                case 2: // a small allocation
                    if (isDone)
                        r.Sp += ((ulong)operand * 8) + 8;
                    i++;
                    break;
                case 3: // the frame pointer was set
                    if (isDone)
                        r.Sp = r[frame & 0xF] - ((ulong)(frame >> 4) * 16);
                    i++;
                    break;
                case 11: // the frame pointer was set, far from the stack pointer
                    if (isDone)
                        r.Sp = r[frame & 0xF] - (memory.Read<uint>(more) * 16ul);
                    i += 3;
                    break;
                case 4: // a register was stored
                    if (isDone)
                        r[operand] = memory.Pointer(r.Sp + (memory.Read<ushort>(more) * 8ul));
                    i += 2;
                    break;
                case 5: // a register was stored, far from the stack pointer
                    if (isDone)
                        r[operand] = memory.Pointer(r.Sp + memory.Read<uint>(more));
                    i += 3;
                    break;
                case 6 or 8: // an epilog, a vector register
                    i += 2;
                    break;
                case 7 or 9:
                    i += 3;
                    break;
                default:
                    return false;
            }
        }
        return true;
    }

    /// <summary>
    /// An epilog has no codes. It frees the rest of the frame, pops registers and returns, or jumps to another method. False if the next instructions are no
    /// epilog, and nothing is changed then.
    /// </summary>
    private static bool LeaveEpilog(ProcessMemory memory, ref Registers registers, CodeBlock block)
    {
        Registers r = registers;
        ulong at = r.Ip;
        Span<byte> code = stackalloc byte[7];
        if (!memory.TryRead(at, code[..1]))
            return false;
        code[1..].Clear();
        memory.TryRead(at, code);
        if (code is [0x48, 0x83, 0xC4, ..]) // add rsp, 8 bits
            Free(ref r, r.Sp + (ulong)(sbyte)code[3], 4);
        else if (code is [0x48, 0x81, 0xC4, ..]) // add rsp, 32 bits
            Free(ref r, r.Sp + (ulong)BitConverter.ToInt32(code[3..]), 7);
        else if (code is [0x48, 0x8D, 0x65, ..]) // lea rsp, [rbp + 8 bits]
            Free(ref r, r.Fp + (ulong)(sbyte)code[3], 4);
        else if (code is [0x48, 0x8D, 0xA5, ..]) // lea rsp, [rbp + 32 bits]
            Free(ref r, r.Fp + (ulong)BitConverter.ToInt32(code[3..]), 7);
        for (int i = 0; i < MaxEpilog; i++)
        {
            if (!memory.TryRead(at, out byte first))
                return false;
            bool isHigh = first == 0x41;
            byte pop = isHigh && memory.TryRead(at + 1, out byte second) ? second : first;
            if (pop is >= 0x58 and <= 0x5F)
            {
                Pop(memory, ref r, pop - 0x58 + (isHigh ? 8 : 0));
                at += isHigh ? 2ul : 1ul;
            }
            else if (first == 0xC3 || (first == 0xF3 && memory.TryRead(at + 1, out second) && second == 0xC3) || IsTailCall(memory, at, block, isInEpilog: at != registers.Ip))
            {
                Return(memory, ref r);
                registers = r;
                return true;
            }
            else
            {
                return false;
            }
        }
        return false;

        void Free(ref Registers r, ulong sp, ulong bytes)
        {
            r.Sp = sp;
            at += bytes;
        }
    }

    /// <summary>
    /// Whether an instruction jumps to another method. Where no instruction before it says that an epilog has begun, a jump to a place of the method itself is
    /// none, and neither is an indirect one without the prefix that compilers give such jumps only.
    /// </summary>
    private static bool IsTailCall(ProcessMemory memory, ulong at, CodeBlock block, bool isInEpilog)
    {
        const byte wide = 0x48, prefixes = 0xF8, jumpNear = 0xE9, jumpShort = 0xEB, indirect = 0xFF, isJump = 4, fromIp = 0x25;
        Span<byte> code = stackalloc byte[5];
        code.Clear();
        if (!memory.TryRead(at, code) && !memory.TryRead(at, code[..3]))
            return false;
        if (code[0] is jumpNear or jumpShort)
        {
            ulong target = code[0] == jumpNear ? at + 5 + (ulong)BitConverter.ToInt32(code[1..]) : at + 2 + (ulong)(sbyte)code[1];
            return isInEpilog || (block is { PartEnd: not 0, MovedTo: null } && (target < block.PartStart || target >= block.PartEnd));
        }
        bool isWide = (code[0] & prefixes) == wide;
        ReadOnlySpan<byte> jump = isWide ? code[1..] : code;
        return jump[0] == indirect && ((jump[1] >> 3) & 7) == isJump && (isWide || isInEpilog || jump[1] == fromIp);
    }

    private static void Pop(ProcessMemory memory, ref Registers r, int register)
    {
        ulong value = memory.Pointer(r.Sp);
        r.Sp += sizeof(ulong);
        r[register] = value;
    }

    private static void Return(ProcessMemory memory, ref Registers r)
    {
        r.Ip = memory.Pointer(r.Sp);
        r.Sp += sizeof(ulong);
    }
}
