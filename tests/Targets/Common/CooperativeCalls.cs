using System.Runtime.InteropServices;

namespace Stackflare.Targets.Common;

/// <summary>Native calls of which the runtime was promised that they are short: the thread stays in cooperative mode, and cannot be stopped before they return.</summary>
public static unsafe partial class CooperativeCalls
{
    private const int SemaphoreBytes = 64;

    /// <summary>Makes a pipe.</summary>
    public static (int Reader, int Writer) Pipe()
    {
        var ends = stackalloc int[2];
        if (pipe(ends) != 0)
            throw new InvalidOperationException("pipe failed");
        return (ends[0], ends[1]);
    }

    /// <summary>Waits for a byte in a pipe.</summary>
    /// <param name="reader">The pipe's reading end.</param>
    /// <returns>What the call said: 1, or an error that nobody expects.</returns>
    public static int ReadByte(int reader)
    {
        byte b;
        return (int)read_at_once(reader, &b, 1);
    }

    /// <summary>Puts a byte into a pipe; an ordinary call.</summary>
    /// <param name="writer">The pipe's writing end.</param>
    public static void WriteByte(int writer)
    {
        byte b = 1;
        if (write(writer, &b, 1) != 1)
            throw new InvalidOperationException("write failed");
    }

    /// <summary>Makes a semaphore that nobody has released.</summary>
    public static nint Semaphore()
    {
        var semaphore = (nint)NativeMemory.AllocZeroed(SemaphoreBytes);
        if (sem_init(semaphore, 0, 0) != 0)
            throw new InvalidOperationException("sem_init failed");
        return semaphore;
    }

    /// <summary>Waits for a semaphore, called through a pointer.</summary>
    /// <param name="semaphore">The semaphore.</param>
    public static int WaitFor(nint semaphore)
    {
        var wait = (delegate* unmanaged[Cdecl, SuppressGCTransition]<nint, int>)NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "sem_wait");
        return wait(semaphore);
    }

    /// <summary>Releases a semaphore; an ordinary call.</summary>
    /// <param name="semaphore">The semaphore.</param>
    public static void Release(nint semaphore) => _ = sem_post(semaphore);

    /// <summary>Computes for longer than anybody will wait, and asks the kernel for nothing.</summary>
    public static nint SearchForEver()
    {
        // An element of no size is compared with another one again and again.
        nuint count = (nuint)1 << 60;
        byte a = (byte)'a', b = (byte)'b';
        return lfind(&a, &b, &count, 0, NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "toupper"));
    }

    /// <summary>A call that is as short as it was said to be.</summary>
    public static int Parent() => getppid();

    /// <summary>Waits for some milliseconds, or until a signal comes.</summary>
    /// <param name="milliseconds">How many.</param>
    public static void WaitALittle(int milliseconds) => _ = poll(null, 0, milliseconds);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int pipe(int* ends);

    [DllImport("libc", EntryPoint = "read")]
    [SuppressGCTransition]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint read_at_once(int descriptor, byte* buffer, nint count);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint write(int descriptor, byte* buffer, nint count);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int sem_init(nint semaphore, int shared, uint value);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int sem_post(nint semaphore);

    [DllImport("libc")]
    [SuppressGCTransition]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint lfind(void* key, void* first, nuint* count, nuint bytes, nint compare);

    [DllImport("libc")]
    [SuppressGCTransition]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int getppid();

    [DllImport("libc")]
    [SuppressGCTransition]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int poll(void* descriptors, nint count, int milliseconds);
}
