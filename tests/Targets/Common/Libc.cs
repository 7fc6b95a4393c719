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

    /// <summary>Waits in a call that the runtime takes for a short one: it cannot stop the thread meanwhile.</summary>
    /// <param name="seconds">How long.</param>
    public static void WaitWithoutTransition(int seconds)
    {
        // Not sleep, which ends when the runtime sends its signal.
        const int Monotonic = 1;
        var timer = timerfd_create(Monotonic, 0);
        var setting = stackalloc nint[4];
        (setting[0], setting[1], setting[2], setting[3]) = (0, 0, seconds, 0);
        byte* expirations = stackalloc byte[8];
        if (timer < 0 || timerfd_settime(timer, 0, setting, null) != 0 || read_at_once(timer, expirations, 8) != 8)
            throw new InvalidOperationException("timerfd failed");
    }

    /// <summary>Ends the process as native code does that finds an error.</summary>
    public static void Abort() => abort();

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

    [DllImport("libc", EntryPoint = "read")]
    [SuppressGCTransition]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint read_at_once(int descriptor, byte* buffer, nint count);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int timerfd_create(int clock, int flags);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int timerfd_settime(int descriptor, int flags, nint* setting, nint* old);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int pid, int signal);

    // Variadic in C, but on this architecture an integer goes where a fixed parameter would.
    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fcntl(int descriptor, int command, int argument);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void abort();
}
