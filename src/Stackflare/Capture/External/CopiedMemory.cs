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

    /// <summary>The highest end of the ranges up to each one: a range can lie in another.</summary>
    private ulong[] _ends = [];
    private bool _isSorted = true;

    /// <summary>Keeps a copy. Where copies overlap, the one that begins last counts.</summary>
    /// <param name="start">The address of the first byte.</param>
    /// <param name="bytes">The copy.</param>
    /// <param name="length">How many bytes of memory it stands for. Those that were not copied are missing.</param>
    public void Keep(ulong start, ReadOnlyMemory<byte> bytes, ulong length)
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
        Sort();
        int low = 0, high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_ranges[middle].Start <= address)
                low = middle + 1;
            else
                high = middle;
        }
        ulong next = low < _ranges.Count ? _ranges[low].Start : ulong.MaxValue;
        int at = low - 1;
        while (at >= 0 && _ranges[at].End <= address && _ends[at] > address)
            at--;
        if (at >= 0 && _ranges[at].End > address)
        {
            Range range = _ranges[at];
            length = (int)Math.Min((ulong)buffer.Length, Math.Min(range.End, next) - address);
            ulong offset = address - range.Start;
            if (offset >= (ulong)range.Bytes.Length)
                return 0;
            int count = Math.Min(length, range.Bytes.Length - (int)offset);
            range.Bytes.Span.Slice((int)offset, count).CopyTo(buffer);
            return count;
        }
        length = (int)Math.Min((ulong)buffer.Length, next - address);
        return live.Read(address, buffer[..length]);
    }

    private void Sort()
    {
        if (_isSorted)
            return;
        _ranges.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        _ends = new ulong[_ranges.Count];
        ulong end = 0;
        for (int i = 0; i < _ends.Length; i++)
            _ends[i] = end = Math.Max(end, _ranges[i].End);
        _isSorted = true;
    }

    private readonly record struct Range(ulong Start, ulong End, ReadOnlyMemory<byte> Bytes);
}
