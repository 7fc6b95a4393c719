using System.Runtime.InteropServices;

namespace Stackflare.Interop;

// Memory and threads of other processes.
internal static unsafe partial class Posix
{
    internal const int ESRCH = 3;

    /// <summary>Operations of ptrace, from linux/ptrace.h.</summary>
    internal const int PTRACE_DETACH = 17, PTRACE_GETREGSET = 0x4204, PTRACE_SEIZE = 0x4206, PTRACE_INTERRUPT = 0x4207;

    private const int NT_PRSTATUS = 1, WNOHANG = 1, WALL = 0x40000000;

    /// <summary>Reads memory of a process without stopping it. Returns how many bytes were read, which can be fewer, or the negated errno.</summary>
    internal static nint ReadMemory(int process, ulong address, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var to = new IoVector { Start = start, Length = (nuint)buffer.Length };
            var from = new IoVector { Start = (byte*)address, Length = (nuint)buffer.Length };
            nint read = ReadMemoryRaw(process, &to, 1, &from, 1, 0);
            return read >= 0 ? read : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>An operation of ptrace that has no result; 0 or the negated errno. All calls for a thread must come from one thread.</summary>
    internal static int Trace(int operation, int thread, nint data = 0) =>
        TraceRaw(operation, thread, 0, data) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    /// <summary>The registers of a thread that ptrace has stopped, in the kernel's layout; 0 or the negated errno.</summary>
    internal static int ReadRegisters(int thread, Span<ulong> registers)
    {
        fixed (ulong* start = registers)
        {
            var to = new IoVector { Start = (byte*)start, Length = (nuint)(registers.Length * sizeof(ulong)) };
            return TraceRaw(PTRACE_GETREGSET, thread, NT_PRSTATUS, (nint)(&to)) == 0 ? 0 : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>What has become of a thread that is traced: its id if there is news, 0 if there is none, or the negated errno. Does not wait.</summary>
    internal static int News(int thread, out int status)
    {
        int news = 0, found = WaitRaw(thread, &news, WNOHANG | WALL);
        status = news;
        return found >= 0 ? found : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Sleeps for a time that is too short for the methods of <see cref="Thread"/>.</summary>
    internal static void Sleep(uint microseconds) => _ = SleepRaw(microseconds);

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int SleepRaw(uint microseconds);

    [LibraryImport("libc", EntryPoint = "process_vm_readv", SetLastError = true)]
    private static partial nint ReadMemoryRaw(int process, IoVector* to, nuint toCount, IoVector* from, nuint fromCount, nuint flags);

    /// <summary>Variadic in C. On x64 and arm64, its arguments are passed like those of any function.</summary>
    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    private static partial nint TraceRaw(nint operation, int thread, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitRaw(int thread, int* status, int options);
}
