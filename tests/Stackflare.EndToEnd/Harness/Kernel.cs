using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Stackflare.EndToEnd.Harness;

/// <summary>The kernel's calls that tests need.</summary>
internal static unsafe partial class Kernel
{
    public const int HangUp = 1;
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int Kill = 9;
    public const int Usr1 = 10;
    public const int Segv = 11;
    public const int Usr2 = 12;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    public static void Send(int pid, int signal)
    {
        if (kill(pid, signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"kill({pid}, {signal})");
    }

    public static void KillIfAlive(int pid) => SendIfAlive(pid, Kill);

    public static void SendIfAlive(int pid, int signal)
    {
        const int NoSuchProcess = 3;
        if (kill(pid, signal) != 0 && Marshal.GetLastPInvokeError() != NoSuchProcess)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"kill({pid}, {signal})");
    }

    /// <summary>The real-time signals start at 34: the C library keeps 32 and 33 to itself.</summary>
    /// <param name="n">SIGRTMIN+n.</param>
    public static int RealTime(int n) => 34 + n;

    /// <summary>What the kernel says of the system call that a thread is in: its number first, or <c>running</c>.</summary>
    public static string CallOf(int pid, int thread) => File.ReadAllText($"/proc/{pid}/task/{thread}/syscall");

    /// <summary>Whether a thread has a processor, or is ready for one.</summary>
    public static bool IsRunning(int pid, int thread) => CallOf(pid, thread).StartsWith("running", StringComparison.Ordinal);

    public static void MountTmpfs(string folder, string options, bool readOnly)
    {
        const nuint ReadOnly = 1;
        if (mount("none", folder, "tmpfs", readOnly ? ReadOnly : 0, options) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"mount({folder})");
    }

    public static void Unmount(string folder)
    {
        const int Detach = 2;
        if (umount2(folder, Detach) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"umount2({folder})");
    }

    /// <summary>How many bytes can be read from a pipe at once.</summary>
    /// <param name="pipe">The reading end.</param>
    public static int BytesWaiting(Stream pipe)
    {
        const nuint BytesToRead = 0x541B;
        var handle = pipe is System.IO.Pipes.PipeStream stream ? stream.SafePipeHandle : throw new ArgumentException($"{pipe.GetType()} is no pipe", nameof(pipe));
        var count = 0;
        if (ioctl((int)handle.DangerousGetHandle(), BytesToRead, &count) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "ioctl(FIONREAD)");
        return count;
    }

    // Variadic in C, but on this architecture a pointer goes where a fixed parameter would.
    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ioctl(int descriptor, nuint request, int* argument);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int umount2(string target, int flags);
}
