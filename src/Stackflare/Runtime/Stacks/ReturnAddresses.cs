namespace Stackflare.Runtime.Stacks;

/// <summary>
/// Tells return addresses from what the runtime puts in their place: to stop a thread, it replaces the address of the caller by that of its own code, and
/// keeps the address in its thread.
/// </summary>
internal sealed class ReturnAddresses(ProcessMemory memory, ThreadLayout layout)
{
    private const int LongestCall = 7;

    /// <summary>The address that belongs to a place on the stack of a thread; null if the runtime has not replaced it.</summary>
    /// <param name="thread">The runtime's thread.</param>
    /// <param name="place">The address of the place.</param>
    public ulong? Replaced(ulong thread, ulong place)
    {
        if (!memory.TryRead(thread + layout.State, out uint state) || (state & ThreadLayout.Hijacked) == 0)
            return null;
        // The runtime does not describe where its thread has them. The address is right before that of its place, which is nowhere else.
        for (ulong at = thread + sizeof(ulong); at < thread + ThreadLayout.SearchedBytes; at += sizeof(ulong))
        {
            if (memory.TryRead(at, out ulong word) && word == place && memory.TryRead(at - ThreadLayout.HijackedBefore, out ulong address))
                return address;
        }
        return null;
    }

    /// <summary>Whether an instruction follows a call. If the code is missing, nothing speaks against it.</summary>
    public bool IsAfterCall(ulong address)
    {
        Span<byte> code = stackalloc byte[LongestCall];
        if (!memory.TryRead(address - LongestCall, code))
            return true;
        if (code[^5] == 0xE8)
            return true;
        // A call through a register or through memory: its second byte says how many follow.
        for (int length = 2; length <= LongestCall; length++)
        {
            if (code[^length] == 0xFF && IndirectCall(code[^(length - 1)], length > 2 ? code[^(length - 2)] : (byte)0) == length)
                return true;
        }
        return false;
    }

    /// <summary>The length of the instruction FF /2; 0 if it is another one.</summary>
    private static int IndirectCall(byte mode, byte scale)
    {
        const int call = 2, hasScale = 4, fromIp = 5;
        int register = mode & 7;
        if (((mode >> 3) & 7) != call)
            return 0;
        return (mode >> 6) switch
        {
            3 => 2,
            0 when register == fromIp || (register == hasScale && (scale & 7) == fromIp) => register == hasScale ? 7 : 6,
            0 => register == hasScale ? 3 : 2,
            1 => register == hasScale ? 4 : 3,
            _ => register == hasScale ? 7 : 6,
        };
    }
}
