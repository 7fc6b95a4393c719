namespace Stackflare.Runtime.Stacks;

/// <summary>Evaluates the expressions of native unwind tables, as far as compilers and C libraries use them there.</summary>
internal static class DwarfExpression
{
    private const int MaxOperations = 256;

    /// <summary>Evaluates an expression.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="expression">The address of its length.</param>
    /// <param name="registers">The registers.</param>
    /// <param name="first">The value that it begins with; null if there is none.</param>
    /// <exception cref="MissingMemoryException">A part is missing, or the expression has an operation that is not known.</exception>
    public static ulong Evaluate(ProcessMemory memory, ulong expression, in Registers registers, ulong? first)
    {
        var reader = new DwarfReader(memory, expression);
        ulong end = reader.Unsigned();
        end += reader.At;
        var stack = new Stack<ulong>();
        if (first is { } value)
            stack.Push(value);
        for (int i = 0; reader.At < end; i++)
        {
            if (i == MaxOperations)
                throw new MissingMemoryException(reader.At);
            byte code = reader.Next<byte>();
            switch (code)
            {
                case >= 0x30 and <= 0x4F:
                    stack.Push((ulong)(code - 0x30));
                    break;
                case >= 0x70 and <= 0x8F:
                    stack.Push(FrameRules.Value(registers, code - 0x70) + (ulong)reader.Signed());
                    break;
                case 0x06:
                    stack.Push(memory.Pointer(Pop()));
                    break;
                case 0x08:
                    stack.Push(reader.Next<byte>());
                    break;
                case 0x09:
                    stack.Push((ulong)reader.Next<sbyte>());
                    break;
                case 0x0A:
                    stack.Push(reader.Next<ushort>());
                    break;
                case 0x10:
                    stack.Push(reader.Unsigned());
                    break;
                case 0x11:
                    stack.Push((ulong)reader.Signed());
                    break;
                case 0x1A:
                    stack.Push(Pop() & Pop());
                    break;
                case 0x1C:
                    stack.Push(unchecked(0 - Pop() + Pop()));
                    break;
                case 0x22:
                    stack.Push(Pop() + Pop());
                    break;
                case 0x23:
                    stack.Push(Pop() + reader.Unsigned());
                    break;
                case 0x24:
                    (ulong shift, ulong shifted) = (Pop(), Pop());
                    stack.Push(shift > 63 ? 0 : shifted << (int)shift);
                    break;
                case 0x2A:
                    (ulong right, ulong left) = (Pop(), Pop());
                    stack.Push((long)left >= (long)right ? 1ul : 0);
                    break;
                default:
                    throw new MissingMemoryException(reader.At);
            }
        }
        return Pop();

        ulong Pop() => stack.Count > 0 ? stack.Pop() : throw new MissingMemoryException(expression);
    }
}
