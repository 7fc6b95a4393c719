using System.Buffers.Binary;

namespace Stackflare.Runtime.Locks;

/// <summary>Called for a word that is a candidate.</summary>
/// <param name="at">Its address.</param>
/// <param name="word">The word.</param>
internal delegate void WordVisitor(ulong at, ulong word);

/// <summary>
/// Reads the words of stacks. The garbage collector knows which of them are references; it would take its own code and tables to find out. So every word
/// that may be one is looked at, and what it refers to must prove itself. A word can be a leftover of a call that has returned.
/// </summary>
internal sealed class StackSearch(LockContext context)
{
    private const ulong MaxStack = 1 << 20;
    private const long MaxBytes = 512L << 20;
    private const int PageBytes = 4096;

    private readonly byte[] _page = new byte[PageBytes];
    private long _left = MaxBytes;

    /// <summary>Visits the words of a part of a stack, in the order of their addresses.</summary>
    public void Each(ulong from, ulong to, WordVisitor visit)
    {
        if (from == 0 || to <= from)
            return;
        if (to - from > MaxStack)
        {
            to = from + MaxStack;
            context.IsTruncated = true;
        }
        for (from = (from + sizeof(ulong) - 1) & ~(sizeof(ulong) - 1ul); from < to;)
        {
            int count = (int)Math.Min(to - from, PageBytes - (from % PageBytes));
            if ((_left -= count) < 0)
            {
                context.IsTruncated = true;
                return;
            }
            Span<byte> words = _page.AsSpan(0, count);
            if (context.Memory.TryRead(from, words))
            {
                for (int i = 0; i + sizeof(ulong) <= count; i += sizeof(ulong))
                    visit(from + (ulong)i, BinaryPrimitives.ReadUInt64LittleEndian(words[i..]));
            }
            else
            {
                context.LacksMemory = true;
            }
            from += (ulong)count;
        }
    }
}
