using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Stackflare.Interop;

// Status and properties of files.
internal static unsafe partial class Posix
{
    private const int AT_FDCWD = -100;
    private const int AT_SYMLINK_NOFOLLOW = 0x100;
    private const int AT_EMPTY_PATH = 0x1000;
    private const uint STATX_BASIC_STATS = 0x7ff;
    private const ulong RESOLVE_IN_ROOT = 0x10;
    private const ulong ST_NOEXEC = 0x8;

    /// <summary>The number is the same on every processor, like those of all calls since 2019.</summary>
    private const nint OpenAt2Call = 437;

    private static nint StatxCall { get; } = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? 291 : 332;

    /// <summary>
    /// Opens a path like a process with this root directory: neither an absolute link nor any number of ".." leads out of it. ENOSYS or
    /// EPERM if the kernel does not support or allow that.
    /// </summary>
    internal static int OpenInRoot(int root, string path, int flags)
    {
        var how = new OpenHow { Flags = (uint)flags, Resolve = RESOLVE_IN_ROOT };
        while (true)
        {
            nint result = OpenInRootRaw(OpenAt2Call, root, path, &how, (nuint)sizeof(OpenHow));
            if (result >= 0)
                return (int)result;
            int error = Marshal.GetLastPInvokeError();
            if (error != EINTR)
                return -error;
        }
    }

    /// <summary>
    /// The status of an open descriptor. Uses statx, whose layout is the same on every processor; that of <c>fstat</c> is not, and older C libraries
    /// do not export it.
    /// </summary>
    internal static int Status(int descriptor, out FileStatus status) => Status(descriptor, "", AT_EMPTY_PATH, out status);

    /// <summary>The status of what is at a path. By default, of a link itself instead of its target.</summary>
    internal static int Status(string path, out FileStatus status, bool followLink = false) =>
        Status(AT_FDCWD, path, followLink ? 0 : AT_SYMLINK_NOFOLLOW, out status);

    /// <summary>Whether the mount options of an open directory forbid executing and loading files (noexec).</summary>
    internal static bool ForbidsExecution(SafeFileHandle directory)
    {
        // The kernel's struct statfs. The mount flags are its eleventh word.
        const int words = 15, flags = 10;
        var buffer = stackalloc ulong[words];
        return FileSystemRaw(directory, buffer) == 0 && (buffer[flags] & ST_NOEXEC) != 0;
    }

    private static int Status(int descriptor, string path, int flags, out FileStatus status)
    {
        StatusBuffer buffer = default;
        status = default;
        if (StatusRaw(StatxCall, descriptor, path, flags, (nint)STATX_BASIC_STATS, &buffer) < 0)
            return -Marshal.GetLastPInvokeError();
        status = new FileStatus(
            buffer.Mode, buffer.User, (long)buffer.Size, buffer.Inode, ((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor,
            Ticks(buffer.ModifiedSeconds, buffer.ModifiedNanoseconds), Ticks(buffer.ChangedSeconds, buffer.ChangedNanoseconds));
        return 0;
    }

    private static long Ticks(long seconds, uint nanoseconds) =>
        unchecked(DateTime.UnixEpoch.Ticks + (seconds * TimeSpan.TicksPerSecond) + (nanoseconds / TimeSpan.NanosecondsPerTick));

    [LibraryImport("libc", EntryPoint = "fstatfs")]
    private static partial int FileSystemRaw(SafeFileHandle handle, ulong* buffer);

    /// <summary>Called by number: musl has a function for it only since 1.2.5, and the layout of its older "stat" depends on the processor.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint StatusRaw(nint number, nint descriptor, string path, nint flags, nint mask, StatusBuffer* buffer);

    /// <summary>Called by number: musl has no function for it.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenInRootRaw(nint number, nint root, string path, OpenHow* how, nuint size);

    /// <summary>The kernel's <c>struct open_how</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>The kernel's <c>struct statx</c>: 256 bytes, of which these are read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatusBuffer
    {
        [FieldOffset(20)] public uint User;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(96)] public long ChangedSeconds;
        [FieldOffset(104)] public uint ChangedNanoseconds;
        [FieldOffset(112)] public long ModifiedSeconds;
        [FieldOffset(120)] public uint ModifiedNanoseconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }
}
