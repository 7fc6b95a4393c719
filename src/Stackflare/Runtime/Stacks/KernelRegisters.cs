namespace Stackflare.Runtime.Stacks;

/// <summary>The registers of a thread in the kernel's layout for x64: <c>struct user_regs_struct</c> of sys/user.h.</summary>
internal static class KernelRegisters
{
    /// <summary>The number of its words.</summary>
    public const int Count = 27;

    private const int IpPlace = 16, ResultPlace = 10, CallPlace = 15;

    /// <summary>The result of a call that a stop or a signal has ended: EINTR. Calls that the kernel restarts have other results.</summary>
    private const long Interrupted = -4;

    /// <summary>The results of calls that begin again, from the kernel's errno.h: ERESTARTSYS and the following ones.</summary>
    private const long FirstRestart = -512, LastRestart = -516;

    /// <summary>The places of general registers, by their numbers in instructions.</summary>
    private static readonly int[] Places = [10, 11, 12, 5, 19, 4, 13, 14, 9, 8, 7, 6, 3, 2, 1, 0];

    public static Registers Read(ReadOnlySpan<ulong> words)
    {
        var registers = new Registers { Ip = words[IpPlace] };
        for (int i = 0; i < Places.Length; i++)
            registers[i] = words[Places[i]];
        return registers;
    }

    /// <summary>Whether the thread certainly slept in a system call: it has the number of the call, and the kernel has stopped the call.</summary>
    public static bool IsAsleep(ReadOnlySpan<ulong> words) => (long)words[CallPlace] >= 0 && (long)words[ResultPlace] is Interrupted or (<= FirstRestart and >= LastRestart);

    /// <summary>The number of the system call that returns because it was interrupted; null if there is none.</summary>
    public static int? EndedCall(ReadOnlySpan<ulong> words) =>
        (long)words[CallPlace] is >= 0 and <= int.MaxValue && (long)words[ResultPlace] == Interrupted ? (int)words[CallPlace] : null;
}
