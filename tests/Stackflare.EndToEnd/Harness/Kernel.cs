using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Stackflare.EndToEnd.Harness;

/// <summary>The kernel's calls that tests need.</summary>
internal static unsafe partial class Kernel
{
    public const int Quit = 3;
    public const int Kill = 9;
    public const int Usr1 = 10;
    public const int Segv = 11;
    public const int Usr2 = 12;

    public static void Send(int pid, int signal)
    {
        if (kill(pid, signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"kill({pid}, {signal})");
    }

    /// <summary>The real-time signals start at 34: the C library keeps 32 and 33 to itself.</summary>
    /// <param name="n">SIGRTMIN+n.</param>
    public static int RealTime(int n) => 34 + n;

    public static void MountTmpfs(string folder, string options)
    {
        if (mount("none", folder, "tmpfs", 0, options) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"mount({folder})");
    }

    public static void Unmount(string folder)
    {
        const int Detach = 2;
        if (umount2(folder, Detach) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"umount2({folder})");
    }

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
