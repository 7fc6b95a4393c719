using System.Diagnostics;
using Stackflare.Interop;

namespace Stackflare.Signals.Outputs;

/// <summary>Writes bytes to a descriptor to the end, in bounded time.</summary>
internal static class DescriptorWriter
{
    /// <summary>How long one dump may take to write.</summary>
    internal static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(5);

    // A pipe or socket that poll calls writable takes this much without blocking, also when the descriptor is a blocking one.
    private const int SafePiece = 4096;

    private static readonly object Gate = new();

    /// <summary>
    /// Runs one output at a time. The wait is bounded like the writing itself: the thread that takes dumps must not be stuck behind
    /// another one's stuck reader.
    /// </summary>
    public static void Alone(string place, Action write)
    {
        if (!Monitor.TryEnter(Gate, DefaultLimit + DefaultLimit))
            throw OutputErrors.Of(place, Posix.ETIMEDOUT);
        try
        {
            write();
        }
        finally
        {
            Monitor.Exit(Gate);
        }
    }

    /// <summary>Writes everything; gives 0 or the errno of what stopped it, and how many bytes were written by then.</summary>
    public static int WriteAll(int descriptor, ReadOnlySpan<byte> bytes, TimeSpan limit, out long written)
    {
        written = 0;
        bool isFile = Posix.Status(descriptor, out var status) == 0 && status.IsRegular;
        if (isFile && IsTooLarge(descriptor, status, bytes.Length))
            return Posix.EFBIG;

        long begin = Stopwatch.GetTimestamp();
        while (!bytes.IsEmpty)
        {
            if (!isFile && WaitUntilWritable(descriptor, limit - Stopwatch.GetElapsedTime(begin)) is var error and not 0)
                return error;

            nint count = isFile ? Posix.Write(descriptor, bytes) : WriteWithoutBlocking(descriptor, bytes);
            if (count >= 0)
            {
                written += count;
                bytes = bytes[(int)count..];
            }
            else if (count != -Posix.EAGAIN || isFile)
            {
                return (int)-count;
            }
            // Else another writer was quicker to fill the pipe: wait again.
        }
        return 0;
    }

    /// <summary>
    /// Writes as much as a pipe has room for. A writer that gives small pieces wakes the reader for each of them, which for a large dump
    /// takes longer than all the rest. Where the kernel cannot promise not to block, a small piece has to do.
    /// </summary>
    private static nint WriteWithoutBlocking(int descriptor, ReadOnlySpan<byte> bytes)
    {
        int room = Posix.PipeRoom(descriptor);
        if (room > SafePiece && Posix.WriteNow(descriptor, Piece(bytes, room)) is var count && count is not (-Posix.EOPNOTSUPP or -Posix.ENOSYS or -Posix.EINVAL))
            return count;
        return Posix.Write(descriptor, Piece(bytes, SafePiece));
    }

    /// <summary>To the end of a line where there is one, so that what other threads print does not come into the middle of it.</summary>
    private static ReadOnlySpan<byte> Piece(ReadOnlySpan<byte> bytes, int most)
    {
        if (bytes.Length <= most)
            return bytes;
        int line = bytes[..most].LastIndexOf((byte)'\n') + 1;
        return bytes[..(line > 0 ? line : most)];
    }

    private static int WaitUntilWritable(int descriptor, TimeSpan limit)
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            var left = limit - Stopwatch.GetElapsedTime(begin);
            if (left <= TimeSpan.Zero)
                return Posix.ETIMEDOUT;
            int ready = Posix.PollWritable(descriptor, (int)Math.Ceiling(left.TotalMilliseconds));
            if (ready > 0)
                return 0;
            if (ready is not (0 or -Posix.EINTR))
                return -ready;
        }
    }

    /// <summary>
    /// Whether the file would outgrow the process's limit. The kernel answers such a write with a signal that ends the process, and
    /// a dump must not do that.
    /// </summary>
    private static bool IsTooLarge(int descriptor, FileStatus status, int length)
    {
        long end = Math.Max(status.Length, Posix.Position(descriptor));
        return (ulong)end + (ulong)length > Posix.LargestFile();
    }
}
