using System.Runtime.InteropServices;

namespace Stackflare.Interop;

// Child processes, and signals that are waited for instead of handled.
internal static unsafe partial class Posix
{
    internal const int SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGKILL = 9, SIGUSR1 = 10, SIGUSR2 = 12, SIGPIPE = 13, SIGALRM = 14, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18, SIGWINCH = 28;

    internal const int ENOEXEC = 8;

    private const int SIG_SETMASK = 2, SIG_BLOCK = 0;
    private const int PR_SET_CHILD_SUBREAPER = 36;
    private const short POSIX_SPAWN_SETSIGDEF = 0x4, POSIX_SPAWN_SETSIGMASK = 0x8;

    /// <summary>The code of a signal that the kernel sent by itself, such as the one of Ctrl+C at a terminal.</summary>
    private const int SI_KERNEL = 0x80;

    /// <summary>What a shell adds to the number of the signal that has ended a program.</summary>
    private const int SignalBase = 128;

    /// <summary>More than the sizes of posix_spawnattr_t and posix_spawn_file_actions_t.</summary>
    private const int SpawnBytes = 512;

    /// <summary>A set of signals, as the bits of their numbers less one. The C library's set is longer, for signals that do not exist.</summary>
    private const int SignalSetWords = 16;

    /// <summary>The set with one signal.</summary>
    internal static ulong SetOf(int signal) => 1UL << (signal - 1);

    /// <summary>Blocks signals in this thread, and in those that it creates from now on, also after <see cref="Execute"/>.</summary>
    /// <returns>What was blocked before.</returns>
    internal static ulong BlockSignals(ulong signals) => ChangeMask(SIG_BLOCK, signals);

    /// <summary>Blocks exactly these signals in this thread.</summary>
    internal static void SetBlockedSignals(ulong signals) => _ = ChangeMask(SIG_SETMASK, signals);

    /// <summary>Waits for a signal that is blocked.</summary>
    /// <param name="signals">Which ones.</param>
    /// <param name="time">How long to wait at most; null for no limit.</param>
    /// <param name="isFromKernel">Whether the kernel sent it, not a process.</param>
    /// <returns>The signal; 0 if none came.</returns>
    internal static int WaitForSignal(ulong signals, TimeSpan? time, out bool isFromKernel)
    {
        ulong* set = stackalloc ulong[SignalSetWords];
        Fill(set, signals);
        int* info = stackalloc int[SignalInfoInts];
        info[CodeInt] = 0;
        long* limit = stackalloc long[2];
        if (time is { } given)
        {
            limit[0] = (long)given.TotalSeconds;
            limit[1] = given.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick;
        }
        int signal = WaitForSignalRaw(set, info, time is null ? null : limit);
        isFromKernel = signal > 0 && info[CodeInt] == SI_KERNEL;
        return Math.Max(signal, 0);
    }

    /// <summary>Starts a program with the signals' default actions where this runtime has changed them.</summary>
    /// <param name="program">The program, searched for in PATH if it has no slash. Ends with a zero byte.</param>
    /// <param name="arguments">Its arguments, each with a zero byte at the end; the first one is its name.</param>
    /// <param name="environment">Its environment, in the same way.</param>
    /// <param name="blocked">The signals that it has blocked.</param>
    /// <param name="output">What its standard output is; null for that of this process.</param>
    /// <param name="hasInput">Whether it has the standard input of this process; otherwise it has an empty one.</param>
    /// <returns>Its id, or the negated errno.</returns>
    internal static int Spawn(byte[] program, IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> environment, ulong blocked, int? output = null, bool hasInput = true)
    {
        byte* attributes = stackalloc byte[SpawnBytes], actions = stackalloc byte[SpawnBytes];
        ulong* set = stackalloc ulong[SignalSetWords];
        _ = SpawnAttributesRaw(attributes);
        _ = SpawnActionsRaw(actions);
        try
        {
            Fill(set, SetOf(SIGPIPE) | SetOf(SIGXFSZ));
            _ = SpawnDefaultsRaw(attributes, set);
            Fill(set, blocked);
            _ = SpawnMaskRaw(attributes, set);
            _ = SpawnFlagsRaw(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
            if (output is { } descriptor)
                _ = SpawnDuplicateRaw(actions, descriptor, 1);
            fixed (byte* nothing = "/dev/null\0"u8)
            {
                if (!hasInput)
                    _ = SpawnOpenRaw(actions, 0, nothing, O_RDONLY, 0);
            }
            using var argumentList = new Strings(arguments);
            using var environmentList = new Strings(environment);
            int child;
            fixed (byte* name = program)
                return SpawnRaw(&child, name, actions, attributes, argumentList.Start, environmentList.Start) is var error and not 0 ? -error : child;
        }
        finally
        {
            _ = DestroyActionsRaw(actions);
            _ = DestroyAttributesRaw(attributes);
        }
    }

    /// <summary>Replaces this program by another one. Returns only if that fails: the negated errno.</summary>
    internal static int Execute(byte[] path, IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> environment)
    {
        using var argumentList = new Strings(arguments);
        using var environmentList = new Strings(environment);
        fixed (byte* name = path)
            return ExecuteRaw(name, argumentList.Start, environmentList.Start) == 0 ? 0 : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Takes notice of a child that has ended, without waiting.</summary>
    /// <param name="status">How it ended, as the kernel says it.</param>
    /// <returns>Its id; 0 if none has ended, negative if there are no children.</returns>
    internal static int TakeEnded(out int status)
    {
        int result;
        int child = WaitAnyRaw(-1, &result, WNOHANG);
        status = result;
        return child;
    }

    /// <summary>Waits for the end of a child.</summary>
    /// <returns>Its exit code; that of a shell if a signal has ended it.</returns>
    internal static int WaitForEnd(int child)
    {
        int status, ended;
        do
            ended = WaitAnyRaw(child, &status, 0);
        while (ended < 0 && Marshal.GetLastPInvokeError() == EINTR);
        return ended < 0 ? -1 : ExitCode(status);
    }

    /// <summary>The exit code that a shell gives for a child's status.</summary>
    internal static int ExitCode(int status) => EndSignal(status) is > 0 and var signal ? SignalBase + signal : (status >> 8) & 0xff;

    /// <summary>The signal that has ended a child with this status; 0 for none.</summary>
    internal static int EndSignal(int status) => status & 0x7f;

    /// <summary>Makes a pipe whose ends are not passed on to other programs.</summary>
    internal static bool TryMakePipe(out int reader, out int writer)
    {
        int* ends = stackalloc int[2];
        bool isMade = PipeRaw(ends, O_CLOEXEC) == 0;
        (reader, writer) = isMade ? (ends[0], ends[1]) : (-1, -1);
        return isMade;
    }

    /// <summary>Becomes the parent of descendants whose own parent has ended.</summary>
    internal static void AdoptOrphans() => _ = ControlRaw(PR_SET_CHILD_SUBREAPER, 1);

    /// <summary>Handles a signal as if nobody had said how.</summary>
    internal static void UseDefault(int signal) => _ = SignalRaw(signal, 0);

    /// <summary>The process group of a process; this process is 0.</summary>
    internal static int GroupOf(int process) => GroupRaw(process);

    /// <summary>Whether this process leads its session, so that the end of the terminal is told to it alone.</summary>
    internal static bool LeadsSession() => SessionRaw(0) == Environment.ProcessId;

    /// <summary>
    /// Stops this process as the terminal's signal would: the kernel does not stop it if nobody could resume it. Returns when it was resumed. The signal
    /// must be blocked.
    /// </summary>
    internal static void StopByTerminal()
    {
        _ = SendSignal(Environment.ProcessId, SIGTSTP);
        ulong blocked = ChangeMask(SIG_BLOCK, 0);
        SetBlockedSignals(blocked & ~SetOf(SIGTSTP));
        SetBlockedSignals(blocked);
    }

    /// <summary>Ends this process by a signal, so that its parent sees what it would see of the child. Returns if the signal does not end it.</summary>
    internal static void EndBy(int signal)
    {
        SetDumpable(false);
        _ = SignalRaw(signal, 0);
        _ = SendSignal(Environment.ProcessId, signal);
        ulong blocked = ChangeMask(SIG_BLOCK, 0);
        SetBlockedSignals(blocked & ~SetOf(signal));
    }

    private static ulong ChangeMask(int how, ulong signals)
    {
        ulong* set = stackalloc ulong[SignalSetWords], before = stackalloc ulong[SignalSetWords];
        Fill(set, signals);
        Fill(before, 0);
        _ = SignalMaskRaw(how, set, before);
        return before[0];
    }

    private static void Fill(ulong* set, ulong signals)
    {
        new Span<ulong>(set, SignalSetWords).Clear();
        set[0] = signals;
    }

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int SignalMaskRaw(int how, ulong* set, ulong* before);

    [LibraryImport("libc", EntryPoint = "sigtimedwait", SetLastError = true)]
    private static partial int WaitForSignalRaw(ulong* set, int* info, long* time);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitAnyRaw(int process, int* status, int options);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static partial int PipeRaw(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    private static partial int ExecuteRaw(byte* path, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnp")]
    private static partial int SpawnRaw(int* child, byte* program, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int SpawnAttributesRaw(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int DestroyAttributesRaw(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int SpawnDefaultsRaw(byte* attributes, ulong* set);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int SpawnMaskRaw(byte* attributes, ulong* set);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int SpawnFlagsRaw(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int SpawnActionsRaw(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int DestroyActionsRaw(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int SpawnDuplicateRaw(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    private static partial int SpawnOpenRaw(byte* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "getpgid")]
    private static partial int GroupRaw(int process);

    [LibraryImport("libc", EntryPoint = "getsid")]
    private static partial int SessionRaw(int process);

    /// <summary>An array of C strings, with a null pointer at its end.</summary>
    private readonly ref struct Strings
    {
        public Strings(IReadOnlyList<byte[]> texts)
        {
            Start = (byte**)NativeMemory.Alloc((nuint)(texts.Count + 1) * (nuint)sizeof(byte*) + (nuint)texts.Sum(static t => t.Length));
            byte* place = (byte*)(Start + texts.Count + 1);
            for (int i = 0; i < texts.Count; i++)
            {
                texts[i].CopyTo(new Span<byte>(place, texts[i].Length));
                Start[i] = place;
                place += texts[i].Length;
            }
            Start[texts.Count] = null;
        }

        public byte** Start { get; }

        public void Dispose() => NativeMemory.Free(Start);
    }
}
