using System.Runtime.InteropServices;

namespace Stackflare.Tests.Outputs;

/// <summary>System calls that only tests make.</summary>
internal static unsafe partial class Native
{
    public const int NonBlocking = 0x800;

    // Else a process that another test starts holds the ends of our pipes.
    private const int CloseOnExec = 0x80000;

    public const int WriteOnly = 1;

    public static (int Read, int Write) Pipe(int flags = 0)
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Pipe(ends, flags | CloseOnExec));
        return (ends[0], ends[1]);
    }

    /// <summary>The bytes there are, empty at the end.</summary>
    public static byte[] Read(int descriptor)
    {
        byte[] buffer = new byte[65536];
        fixed (byte* start = buffer)
            return buffer[..(int)Math.Max(0, Read(descriptor, start, (nuint)buffer.Length))];
    }

    /// <summary>Sets how long files of this process may become, and gives what it was. The hard limit stays.</summary>
    public static ulong LimitFiles(ulong length)
    {
        const int FileSize = 1;
        ulong* limits = stackalloc ulong[2];
        Assert.Equal(0, GetLimit(FileSize, limits));
        ulong before = limits[0];
        limits[0] = length;
        Assert.Equal(0, SetLimit(FileSize, limits));
        return before;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ulong* limits);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, ulong* limits);

    [LibraryImport("libc", EntryPoint = "pipe2")]
    private static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeFifo(string path, int mode);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, int user, int group);

    [LibraryImport("libc", EntryPoint = "mmap")]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    public static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    public static partial int Protect(nint address, nuint length, int protection);
}
