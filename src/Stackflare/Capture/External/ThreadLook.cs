using System.Globalization;
using Stackflare.Runtime.Stacks;

namespace Stackflare.Capture.External;

/// <summary>What the kernel shows of a thread at one moment. Two equal looks mean that the thread has not run in between.</summary>
/// <param name="State">R running, S sleeping, D in uninterruptible sleep, T stopped, t held by a tracer.</param>
/// <param name="Call">
/// The system call that it is in, with its arguments, its stack pointer and its instruction pointer; <c>running</c>; or -1 and the two pointers, if it is
/// off the processor without a system call.
/// </param>
/// <param name="Switches">How often it has left a processor.</param>
/// <param name="IsTraced">Whether a debugger or another tracer is attached to it.</param>
internal readonly record struct ThreadLook(char State, string Call, ulong Switches, bool IsTraced)
{
    /// <summary>The number of the call, six arguments and two pointers.</summary>
    private const int Fields = 9;

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
