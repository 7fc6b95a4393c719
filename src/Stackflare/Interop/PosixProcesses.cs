using System.Runtime.InteropServices;

namespace Stackflare.Interop;

// Memory and threads of other processes.
internal static unsafe partial class Posix
{
    internal const int ESRCH = 3;

    /// <summary>Operations of ptrace, from linux/ptrace.h.</summary>
    internal const int PTRACE_DETACH = 17, PTRACE_GETREGSET = 0x4204, PTRACE_SEIZE = 0x4206, PTRACE_INTERRUPT = 0x4207;

    internal const int SIGTSTP = 20, SIGTTIN = 21, SIGTTOU = 22;

    private const int NT_PRSTATUS = 1;

    /// <summary>Flags of waitid, from linux/wait.h, and which process it waits for.</summary>
    private const int WNOHANG = 1, WSTOPPED = 2, WEXITED = 4, WNOWAIT = 0x01000000, WALL = 0x40000000, P_PID = 1;

    /// <summary>The size of siginfo_t, and the places of si_code, si_pid and si_status, in ints.</summary>
    private const int SignalInfoInts = 32, CodeInt = 2, PidInt = 4, StatusInt = 6;

    /// <summary>The codes of a process that has ended: CLD_EXITED, CLD_KILLED, CLD_DUMPED.</summary>
    private const int LastEndCode = 3;

    /// <summary>More than the size of struct sigaction, and the handler SIG_IGN, which is its first field.</summary>
    private const int SignalActionBytes = 256, SIG_IGN = 1;

    private const int PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4;

    /// <summary>What has become of a thread that is traced.</summary>
    internal enum ThreadNews
    {
        None,
        Stopped,
        Ended,
    }

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

    /// <summary>
    /// What has become of a thread that is traced. Does not wait, and does not take the news: if this process is killed, the kernel still gives the thread the signal that it has stopped for.
    /// </summary>
    /// <param name="thread">The thread.</param>
    /// <param name="status">If it has stopped: the signal, and the event in the second byte.</param>
    internal static ThreadNews News(int thread, out int status)
    {
        int* info = stackalloc int[SignalInfoInts];
        new Span<int>(info, SignalInfoInts).Clear();
        status = 0;
        if (WaitRaw(P_PID, thread, info, WNOHANG | WSTOPPED | WEXITED | WNOWAIT | WALL) != 0)
            return Marshal.GetLastPInvokeError() == EINTR ? ThreadNews.None : ThreadNews.Ended;
        if (info[PidInt] == 0)
            return ThreadNews.None;
        status = info[StatusInt];
        return info[CodeInt] <= LastEndCode ? ThreadNews.Ended : ThreadNews.Stopped;
    }

    /// <summary>Has this process ignore a signal.</summary>
    /// <returns>How the signal was handled before, for <see cref="RestoreSignal"/>.</returns>
    internal static byte[] IgnoreForNow(int signal)
    {
        byte[] before = new byte[SignalActionBytes], ignore = new byte[SignalActionBytes];
        ignore[0] = SIG_IGN;
        fixed (byte* now = ignore, old = before)
            _ = SignalActionRaw(signal, now, old);
        return before;
    }

    /// <summary>Handles a signal as before <see cref="IgnoreForNow"/>.</summary>
    internal static void RestoreSignal(int signal, byte[] before)
    {
        fixed (byte* old = before)
            _ = SignalActionRaw(signal, old, null);
    }

    /// <summary>Whether a crash of this process can write a core file.</summary>
    internal static bool IsDumpable() => ControlRaw(PR_GET_DUMPABLE, 0) == 1;

    internal static void SetDumpable(bool isDumpable) => _ = ControlRaw(PR_SET_DUMPABLE, isDumpable ? 1u : 0u);

    /// <summary>Sends a signal to a process; 0 or the negated errno.</summary>
    internal static int SendSignal(int process, int signal) => SignalProcessRaw(process, signal) == 0 ? 0 : -Marshal.GetLastPInvokeError();

    /// <summary>Sleeps for a time that is too short for the methods of <see cref="Thread"/>.</summary>
    internal static void Sleep(uint microseconds) => _ = SleepRaw(microseconds);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SignalProcessRaw(int process, int signal);

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int SleepRaw(uint microseconds);

    [LibraryImport("libc", EntryPoint = "process_vm_readv", SetLastError = true)]
    private static partial nint ReadMemoryRaw(int process, IoVector* to, nuint toCount, IoVector* from, nuint fromCount, nuint flags);

    /// <summary>Variadic in C. On x64 and arm64, its arguments are passed like those of any function.</summary>
    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    private static partial nint TraceRaw(nint operation, int thread, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    private static partial int WaitRaw(int kind, int thread, int* info, int options);

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static partial int SignalActionRaw(int signal, byte* now, byte* before);

    /// <summary>Variadic in C. On x64 and arm64, its arguments are passed like those of any function.</summary>
    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ControlRaw(int operation, nuint argument);
}
