using System.Runtime.InteropServices;

namespace Stackflare.Targets.Common;

/// <summary>The kernel's calls that targets need.</summary>
public static unsafe partial class Libc
{
    /// <summary>The kernel's id of the calling thread.</summary>
    public static int GetThreadId() => gettid();

    /// <summary>Blocks in a native <c>read</c> of a pipe that nobody writes to.</summary>
    public static void ReadForever()
    {
        var ends = stackalloc int[2];
        if (pipe(ends) != 0)
            throw new InvalidOperationException("pipe failed");

        byte b;
        while (read(ends[0], &b, 1) < 0)
        {
            // Interrupted by a signal; the stack stays the same for all that a dump can tell.
        }
    }

    /// <summary>Ends the process without any of the runtime's help: the last resort of a program that is deadlocked.</summary>
    public static void Die() => _ = kill(Environment.ProcessId, 9);

    /// <summary>Makes writes to a descriptor fail rather than wait.</summary>
    /// <param name="descriptor">The descriptor.</param>
    public static void SetNonBlocking(int descriptor)
    {
        const int GetFlags = 3, SetFlags = 4, NonBlocking = 0x800;
        if (fcntl(descriptor, SetFlags, fcntl(descriptor, GetFlags, 0) | NonBlocking) != 0)
            throw new InvalidOperationException("fcntl failed");
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int gettid();

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int pipe(int* ends);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint read(int descriptor, byte* buffer, nint count);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);

    // Variadic in C, but on this architecture an integer goes where a fixed parameter would.
    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fcntl(int descriptor, int command, int argument);
}
