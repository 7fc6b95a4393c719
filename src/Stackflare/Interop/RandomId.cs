using System.Runtime.InteropServices;

namespace Stackflare.Interop;

/// <summary>Ids that nobody can guess, from the kernel. <see cref="Guid.NewGuid"/> needs /dev/urandom, and a root that has only the tool and /proc does not have that.</summary>
internal static unsafe partial class RandomId
{
    /// <summary>Called by number: glibc has a function for it only since 2.25, and .NET 8 runs with 2.23.</summary>
    private static nint GetRandomCall { get; } = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? 278 : 318;

    /// <summary>All of its 128 bits are random.</summary>
    public static Guid New()
    {
        Guid id;
        nint count;
        do
        {
            count = GetRandomRaw(GetRandomCall, &id, sizeof(Guid), 0);
        }
        while (count < 0 && Marshal.GetLastPInvokeError() == Posix.EINTR);
        // Linux before 3.17 and some sandboxes do not know the call.
        return count == sizeof(Guid) ? id : Guid.NewGuid();
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint GetRandomRaw(nint number, Guid* id, nint size, nint flags);
}
