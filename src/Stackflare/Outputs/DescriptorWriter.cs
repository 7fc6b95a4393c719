using System.Diagnostics;
using Stackflare.Interop;

namespace Stackflare.Outputs;

/// <summary>Writes all bytes to a descriptor, in limited time.</summary>
internal static class DescriptorWriter
{
    /// <summary>Time limit for writing one dump.</summary>
    internal static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(5);

    // If poll reports a pipe or socket as writable, it takes this much without blocking, even in blocking mode.
    private const int SafePiece = 4096;

    private static readonly object Gate = new();

    /// <summary>
    /// Runs one output at a time. The wait has a limit like the write itself: the thread that takes dumps must not hang because
    /// another output's reader hangs.
    /// </summary>
    public static void RunExclusive(string output, Action write)
    {
        if (!Monitor.TryEnter(Gate, DefaultLimit + DefaultLimit))
            throw OutputErrors.Create(output, Posix.ETIMEDOUT);
        try
        {
            write();
        }
        finally
        {
            Monitor.Exit(Gate);
        }
    }

    /// <summary>Writes all bytes. Returns 0 or the errno, and how many bytes were written.</summary>
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
            // Otherwise another writer filled the pipe first: wait again.
        }
        return 0;
    }

    /// <summary>
    /// Writes as much as a pipe has room for. Small writes would wake the reader each time, which takes longer than everything else
    /// for a large dump. If the kernel cannot guarantee that a write does not block, writes a small piece.
    /// </summary>
    private static nint WriteWithoutBlocking(int descriptor, ReadOnlySpan<byte> bytes)
    {
        int room = Posix.PipeRoom(descriptor);
        if (room > SafePiece && Posix.WriteNow(descriptor, Piece(bytes, room)) is var count && count is not (-Posix.EOPNOTSUPP or -Posix.ENOSYS or -Posix.EINVAL))
            return count;
        return Posix.Write(descriptor, Piece(bytes, SafePiece));
    }

    /// <summary>Ends at the end of a line if possible, so that output of other threads does not get into the middle of a line.</summary>
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
    /// Whether the file would exceed the process's file size limit. The kernel answers such a write with a signal that ends the process, and
    /// a dump must not end it.
    /// </summary>
    private static bool IsTooLarge(int descriptor, FileStatus status, int length)
    {
        long end = Math.Max(status.Length, Posix.Position(descriptor));
        return (ulong)end + (ulong)length > Posix.LargestFile();
    }
}
