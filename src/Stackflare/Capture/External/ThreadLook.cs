using System.Globalization;
using Stackflare.Runtime.Stacks;

namespace Stackflare.Capture.External;

/// <summary>What the kernel shows of a thread at one moment. Two equal looks mean that the thread has not run in between.</summary>
/// <param name="State">R running, S sleeping, D in uninterruptible sleep, T stopped, t held by a tracer.</param>
/// <param name="Call">
/// The system call that it is in, with its arguments, its stack pointer and its instruction pointer; <see cref="OnProcessor"/>; or -1 and the two pointers, if it is
/// off the processor without a system call.
/// </param>
/// <param name="Switches">How often it has left a processor.</param>
/// <param name="IsTraced">Whether a debugger or another tracer is attached to it.</param>
internal readonly record struct ThreadLook(char State, string Call, ulong Switches, bool IsTraced)
{
    /// <summary>What the kernel shows as the call of a thread that is on a processor.</summary>
    public const string OnProcessor = "running";

    /// <summary>The number of the call, six arguments and two pointers.</summary>
    private const int Fields = 9;

    /// <summary>What the kernel shows as the call of a thread that is in none.</summary>
    private const string NoCall = "-1 ";

    /// <summary>Whether it waits, or was stopped.</summary>
    public bool IsOffProcessor => State != 'R' && Call != OnProcessor;

    /// <summary>
    /// Whether something from outside has stopped it in the middle of its code: a signal (SIGSTOP, Ctrl+Z), or the freezer of its container. To hold it as well
    /// changes nothing, because it is on its way into no system call.
    /// </summary>
    public bool IsStoppedInCode => State is 'T' or 'S' && Call.StartsWith(NoCall, StringComparison.Ordinal);

    /// <summary>Whether it is where it was at another look, however often it has left a processor.</summary>
    public bool IsAtPlaceOf(in ThreadLook other) => State == other.State && Call == other.Call && IsTraced == other.IsTraced;

    /// <summary>
    /// Its stack pointer and instruction pointer, if it is in a system call; otherwise null. Its other registers are not known: a walk that begins in a
    /// system call does not need them, because what calls it keeps to the unwind tables.
    /// </summary>
    public Registers? InCall
    {
        get
        {
            string[] fields = Call.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length == Fields && fields[0][0] != '-' && TryHex(fields[^2], out ulong sp) && TryHex(fields[^1], out ulong ip)
                ? new Registers { Ip = ip, Sp = sp }
                : null;
        }
    }

    private static bool TryHex(string text, out ulong value)
    {
        value = 0;
        return text.StartsWith("0x", StringComparison.Ordinal) && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
