using System.Buffers.Binary;

namespace Stackflare.Tests.Snapshots.Format;

/// <summary>Damages snapshots in every place. Whoever reads one either reads it or says what is wrong with it, and takes no more memory than it is worth.</summary>
internal static class Damage
{
    private const int HeaderBytes = 32, TotalSizeOffset = 16, MostAllocated = 512 << 10;

    /// <summary>Cuts it everywhere behind the header, whose total size is corrected, so that the cut is found by the checks behind the header's.</summary>
    public static void CutEverywhere(byte[] whole, Func<byte[], bool> readsOrFailsCleanly)
    {
        int read = 0;
        for (int length = HeaderBytes; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            BinaryPrimitives.WriteUInt64LittleEndian(cut.AsSpan(TotalSizeOffset), (ulong)length);
            read += readsOrFailsCleanly(cut) ? 1 : 0;
        }
        // Only the padding at the very end can be missed.
        Assert.InRange(read, 0, 7);
    }

    /// <summary>Flips bits of every byte. How much memory that takes is in proportion to the bytes, whatever the numbers in them say.</summary>
    public static void FlipEverywhere(byte[] whole, Func<byte[], bool> readsOrFailsCleanly, long mostOnAverage = MostAllocated)
    {
        int reads = 0, tries = 0;
        long begin = GC.GetAllocatedBytesForCurrentThread();
        foreach (byte mask in new byte[] { 0x01, 0x80, 0xFF })
        {
            for (int i = 0; i < whole.Length; i++, tries++)
            {
                byte[] damaged = (byte[])whole.Clone();
                damaged[i] ^= mask;
                long before = GC.GetAllocatedBytesForCurrentThread();
                reads += readsOrFailsCleanly(damaged) ? 1 : 0;
                // An exception with its stack is what costs most.
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
            }
        }
        Assert.InRange(reads, 1, tries - 1);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - begin) / tries, 0, mostOnAverage);
    }
}
