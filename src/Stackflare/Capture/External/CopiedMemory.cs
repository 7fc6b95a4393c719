using Stackflare.Runtime;

namespace Stackflare.Capture.External;

/// <summary>
/// The memory of a running process, in which some ranges are as they were when they were copied: the stack of a thread and what the runtime knows of the
/// thread must be of the same moment. Not thread-safe.
/// </summary>
/// <param name="live">The memory as it is now.</param>
internal sealed class CopiedMemory(IMemoryReader live) : IMemoryReader
{
    private readonly List<Range> _ranges = [];
    private bool _isSorted = true;

    /// <summary>Keeps a copy.</summary>
    /// <param name="start">The address of the first byte.</param>
    /// <param name="bytes">The copy.</param>
    /// <param name="length">How many bytes of memory it stands for. Those that were not copied are missing.</param>
    public void Keep(ulong start, byte[] bytes, ulong length)
    {
        _ranges.Add(new Range(start, start + length, bytes));
        _isSorted = false;
    }

    public int Read(ulong address, Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            int read = ReadPart(address + (ulong)done, buffer[done..], out int part);
            done += read;
            if (read < part)
                break;
        }
        return done;
    }

    /// <summary>Reads from one copy, or from the memory up to the next copy.</summary>
    private int ReadPart(ulong address, Span<byte> buffer, out int length)
    {
        if (!_isSorted)
            _ranges.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        _isSorted = true;
        int low = 0, high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_ranges[middle].Start <= address)
                low = middle + 1;
            else
                high = middle;
        }
        if (low > 0 && address < _ranges[low - 1].End)
        {
            Range range = _ranges[low - 1];
            length = (int)Math.Min((ulong)buffer.Length, range.End - address);
            ulong offset = address - range.Start;
            if (offset >= (ulong)range.Bytes.Length)
                return 0;
            int count = Math.Min(length, range.Bytes.Length - (int)offset);
            range.Bytes.AsSpan((int)offset, count).CopyTo(buffer);
            return count;
        }
        ulong next = low < _ranges.Count ? _ranges[low].Start : ulong.MaxValue;
        length = (int)Math.Min((ulong)buffer.Length, next - address);
        return live.Read(address, buffer[..length]);
    }

    private readonly record struct Range(ulong Start, ulong End, byte[] Bytes);
}
