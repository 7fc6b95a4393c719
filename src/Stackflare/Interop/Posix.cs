using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Stackflare.Interop;

/// <summary>
/// System calls on raw descriptors, for output that must not wait for a lock of the runtime's own streams. Every method returns 0 or
/// a value, or the negated errno. None throws for an error of the kernel.
/// </summary>
internal static unsafe partial class Posix
{
    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int EINTR = 4;
    internal const int ENXIO = 6;
    internal const int EBADF = 9;
    internal const int EAGAIN = 11;
    internal const int EEXIST = 17;
    internal const int ENOTDIR = 20;
    internal const int EISDIR = 21;
    internal const int EINVAL = 22;
    internal const int EFBIG = 27;
    internal const int ENOSPC = 28;
    internal const int EPIPE = 32;
    internal const int ENOSYS = 38;
    internal const int ELOOP = 40;
    internal const int EOPNOTSUPP = 95;
    internal const int ETIMEDOUT = 110;

    internal const int O_RDONLY = 0x0;
    internal const int O_WRONLY = 0x1;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_NOCTTY = 0x100;
    internal const int O_APPEND = 0x400;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_PATH = 0x200000;

    internal const int SIGXFSZ = 25;

    internal const short POLLIN = 0x1;
    internal const short POLLOUT = 0x4;

    internal const int X_OK = 1;
    internal const int W_OK = 2;

    internal const int FD_CLOEXEC = 1;

    private const int F_GETFD = 1;
    private const int F_GETPIPE_SZ = 1032;
    private const nuint FIONREAD = 0x541B;
    private const int RWF_NOWAIT = 0x8;
    private const int PipePage = 4096;
    private const uint MFD_CLOEXEC = 0x1;
    private const uint MFD_EXEC = 0x10;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const int SEEK_CUR = 1;
    private const int RLIMIT_FSIZE = 1;

    /// <summary>Do not follow a link at the end of the path. The only used open flag whose value is different on arm64.</summary>
    internal static int O_NOFOLLOW { get; } =
        RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    internal static int Open(string path, int flags, int mode) => Retry(() => OpenRaw(path, flags, mode));

    /// <summary>Never repeated: the descriptor is closed, whatever the kernel returns.</summary>
    internal static void Close(int descriptor) => _ = CloseRaw(descriptor);

    internal static int Truncate(int descriptor, long length) => Retry(() => TruncateRaw(descriptor, length));

    /// <summary>Waits until the written data is on the storage device.</summary>
    internal static int Synchronize(int descriptor) => Retry(() => SynchronizeRaw(descriptor));

    /// <summary>Renames a file. An existing file with the new name is replaced atomically.</summary>
    internal static int Rename(string from, string to) => RenameRaw(from, to) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    internal static int Unlink(string path) => UnlinkRaw(path) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>Creates a directory; an error if anything exists there, including a link.</summary>
    internal static int MakeDirectory(string path, int mode) => MakeDirectoryRaw(path, (uint)mode) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>Sets the permissions of an open file or directory.</summary>
    internal static int ChangeMode(int descriptor, int mode) => ChangeModeRaw(descriptor, (uint)mode) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>Removes an empty directory.</summary>
    internal static int RemoveDirectory(string path) => RemoveDirectoryRaw(path) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>Locks an open file or directory until its descriptor is closed or this process ends; an error if another process holds the lock.</summary>
    internal static int TryLock(int descriptor) => Retry(() => LockRaw(descriptor, LOCK_EX | LOCK_NB));

    internal static int Access(string path, int mode) => AccessRaw(path, mode) < 0 ? -Marshal.GetLastPInvokeError() : 0;

    /// <summary>Ignores a signal, so that it does not end the process. Its cause is then an error of the system call.</summary>
    internal static void Ignore(int signal) => _ = SignalRaw(signal, 1);

    /// <summary>Ends the process at once: no exit handler and no <c>finally</c> block runs.</summary>
    [DoesNotReturn]
    internal static void ExitNow(int code)
    {
        ExitRaw(code);
        throw new UnreachableException();
    }

    internal static uint EffectiveUser() => EffectiveUserRaw();

    /// <summary>Returns how many bytes were written, or the negated errno. May write less than requested. Repeats an interrupted call.</summary>
    internal static nint Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                nint written = WriteRaw(descriptor, start, (nuint)bytes.Length);
                if (written >= 0)
                    return written;
                int error = Marshal.GetLastPInvokeError();
                if (error != EINTR)
                    return -error;
            }
        }
    }

    /// <summary>
    /// Writes as much as possible without blocking, even if the descriptor is a blocking one. Returns the number of bytes, or the negated errno: EAGAIN
    /// if there is no room, EOPNOTSUPP or ENOSYS if the kernel or the C library does not support it.
    /// </summary>
    internal static nint WriteNow(int descriptor, ReadOnlySpan<byte> bytes)
    {
        try
        {
            fixed (byte* start = bytes)
            {
                var part = new IoVector { Start = start, Length = (nuint)bytes.Length };
                nint written = WriteVectorRaw(descriptor, &part, 1, -1, RWF_NOWAIT);
                return written >= 0 ? written : -Marshal.GetLastPInvokeError();
            }
        }
        catch (EntryPointNotFoundException)
        {
            return -ENOSYS;
        }
    }

    /// <summary>The flags of a descriptor, or the negated errno: EBADF if it is closed.</summary>
    internal static int DescriptorFlags(int descriptor) =>
        ControlRaw(descriptor, F_GETFD, 0) is var flags and >= 0 ? flags : -Marshal.GetLastPInvokeError();

    /// <summary>The minimum number of bytes for which a pipe has room; 0 or less if it is full or not a pipe.</summary>
    internal static int PipeRoom(int descriptor)
    {
        int capacity = ControlRaw(descriptor, F_GETPIPE_SZ, 0), queued = 0;
        if (capacity <= 0 || ControlDeviceRaw(descriptor, FIONREAD, &queued) < 0)
            return 0;
        // A pipe is a ring of pages. The first may be partly read and the last partly written.
        int usedPages = (queued + PipePage - 1) / PipePage + 1;
        return capacity - usedPages * PipePage;
    }

    /// <summary>Returns how many bytes were read, 0 at the end, or the negated errno. Repeats an interrupted call.</summary>
    internal static nint Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint read = ReadRaw(descriptor, start, (nuint)buffer.Length);
                if (read >= 0)
                    return read;
                int error = Marshal.GetLastPInvokeError();
                if (error != EINTR)
                    return -error;
            }
        }
    }

    /// <summary>Returns how many of the descriptors are ready, 0 if the time is up, or the negated errno.</summary>
    internal static int Poll(Span<PollRequest> requests, int milliseconds)
    {
        fixed (PollRequest* first = requests)
            return PollRaw(first, (nuint)requests.Length, milliseconds) is var ready and >= 0 ? ready : -Marshal.GetLastPInvokeError();
    }

    /// <summary>
    /// Creates a file without a name in any directory. Requests that it can be executed, which the kernel may require
    /// (6.3 and later; older kernels do not know the flag). Returns a descriptor, or the negated errno.
    /// </summary>
    internal static int CreateMemoryFile(string name)
    {
        int descriptor = MemoryFileRaw(name, MFD_CLOEXEC | MFD_EXEC);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == EINVAL)
            descriptor = MemoryFileRaw(name, MFD_CLOEXEC);
        return descriptor >= 0 ? descriptor : -Marshal.GetLastPInvokeError();
    }

    /// <summary>The kernel's id of the calling thread.</summary>
    internal static int CurrentThread() => CurrentThreadRaw();

    /// <summary>Binds the calling thread to one processor, and returns when it runs there; 0, or the negated errno if that is not allowed.</summary>
    internal static int GoToProcessor(int processor)
    {
        const int BytesOfAWord = 8;
        Span<byte> mask = stackalloc byte[((processor / (BytesOfAWord * 8)) + 1) * BytesOfAWord];
        mask.Clear();
        // The mask consists of words in native byte order. Both architectures that .NET runs on are little-endian.
        mask[processor / 8] = (byte)(1 << (processor % 8));
        fixed (byte* start = mask)
            return SetAffinityRaw(0, (nuint)mask.Length, start) < 0 ? -Marshal.GetLastPInvokeError() : 0;
    }

    /// <summary>1 if the descriptor is writable or would fail immediately, 0 if the time is up, or the negated errno.</summary>
    internal static int PollWritable(int descriptor, int milliseconds)
    {
        Span<PollRequest> request = [new PollRequest { Descriptor = descriptor, Events = POLLOUT }];
        return Poll(request, milliseconds);
    }

    /// <summary>The position of the next write to the descriptor, unless it appends; the negated errno if it has no position.</summary>
    internal static long Position(int descriptor) => SeekRaw(descriptor, 0, SEEK_CUR) is var at and >= 0 ? at : -Marshal.GetLastPInvokeError();

    /// <summary>The process's file size limit. A write beyond it raises SIGXFSZ, which ends the process.</summary>
    internal static ulong LargestFile()
    {
        var limits = stackalloc ulong[2];
        return GetLimitRaw(RLIMIT_FSIZE, limits) == 0 ? limits[0] : ulong.MaxValue;
    }

    private static int Retry(Func<int> call)
    {
        while (true)
        {
            int result = call();
            if (result >= 0)
                return result;
            int error = Marshal.GetLastPInvokeError();
            if (error != EINTR)
                return -error;
        }
    }

    [LibraryImport("libc", EntryPoint = "pwritev2", SetLastError = true)]
    private static partial nint WriteVectorRaw(int descriptor, IoVector* parts, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int ControlRaw(int descriptor, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int ControlDeviceRaw(int descriptor, nuint request, int* argument);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemoryFileRaw(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int CurrentThreadRaw();

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinityRaw(int thread, nuint size, byte* mask);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadRaw(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteRaw(int descriptor, byte* bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenRaw(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseRaw(int descriptor);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int TruncateRaw(int descriptor, long length);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SynchronizeRaw(int descriptor);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameRaw(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkRaw(string path);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeDirectoryRaw(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int ChangeModeRaw(int descriptor, uint mode);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RemoveDirectoryRaw(string path);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int LockRaw(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AccessRaw(string path, int mode);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SignalRaw(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitRaw(int code);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUserRaw();

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long SeekRaw(int descriptor, long offset, int origin);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int PollRaw(PollRequest* requests, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimitRaw(int resource, ulong* limits);

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }
}
