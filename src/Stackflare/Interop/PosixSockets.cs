using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Stackflare.Interop;

// Stream sockets that never block, for a server that waits with poll.
internal static unsafe partial class Posix
{
    internal const int EACCES = 13;
    internal const int EADDRINUSE = 98;
    internal const int ECONNREFUSED = 111;
    internal const int EINPROGRESS = 115;

    internal const short POLLERR = 0x8;
    internal const short POLLHUP = 0x10;
    internal const short POLLNVAL = 0x20;
    internal const short POLLRDHUP = 0x2000;

    internal const int LongestSocketPath = 107;

    private const ushort AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10;
    private const int SOCK_STREAM = 1, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    private const int SOL_SOCKET = 1, SO_REUSEADDR = 2, SO_ERROR = 4, SO_PEERCRED = 17;
    private const int MSG_NOSIGNAL = 0x4000, SHUT_WR = 1;
    private const int EFD_NONBLOCK = 0x800, EFD_CLOEXEC = 0x80000;
    private const int LargestAddress = 128;

    /// <summary>The kernel's address of a Unix socket.</summary>
    /// <exception cref="ArgumentException">The path is longer than the kernel allows.</exception>
    internal static byte[] UnixAddress(string path)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        if (name.Length > LongestSocketPath)
            throw new ArgumentException($"The path has more than {LongestSocketPath} bytes.", nameof(path));
        byte[] address = new byte[2 + name.Length + 1];
        MemoryMarshal.Write(address, AF_UNIX);
        name.CopyTo(address, 2);
        return address;
    }

    /// <summary>The kernel's address of a TCP socket.</summary>
    /// <param name="host">The 4 bytes of an IPv4 address or the 16 bytes of an IPv6 address.</param>
    /// <param name="port">The port; 0 for any free one.</param>
    internal static byte[] InternetAddress(ReadOnlySpan<byte> host, ushort port)
    {
        bool isOld = host.Length == 4;
        byte[] address = new byte[isOld ? 16 : 28];
        MemoryMarshal.Write(address, isOld ? AF_INET : AF_INET6);
        BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(2), port);
        host.CopyTo(address.AsSpan(isOld ? 4 : 8));
        return address;
    }

    /// <summary>Creates a socket for an address that does not block. Returns a descriptor, or the negated errno.</summary>
    internal static int CreateSocket(ReadOnlySpan<byte> address) =>
        Result(SocketRaw(MemoryMarshal.Read<ushort>(address), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));

    internal static int Bind(int descriptor, ReadOnlySpan<byte> address)
    {
        fixed (byte* start = address)
            return Result(BindRaw(descriptor, start, (uint)address.Length));
    }

    /// <summary>Connects; EINPROGRESS or EAGAIN if that takes longer. When the socket is writable, <see cref="SocketError"/> tells the result.</summary>
    internal static int Connect(int descriptor, ReadOnlySpan<byte> address)
    {
        fixed (byte* start = address)
            return Result(ConnectRaw(descriptor, start, (uint)address.Length));
    }

    internal static int Listen(int descriptor, int backlog) => Result(ListenRaw(descriptor, backlog));

    /// <summary>Takes a connection that does not block. Returns its descriptor, or the negated errno: EAGAIN if there is none.</summary>
    internal static int Accept(int descriptor) => Retry(() => AcceptRaw(descriptor, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC));

    /// <summary>The errno of the last asynchronous operation of a socket; 0 for none.</summary>
    internal static int SocketError(int descriptor)
    {
        int error = 0;
        uint length = sizeof(int);
        return GetOptionRaw(descriptor, SOL_SOCKET, SO_ERROR, (byte*)&error, &length) < 0 ? Marshal.GetLastPInvokeError() : error;
    }

    /// <summary>Allows to bind a port that a process has used until a moment ago.</summary>
    internal static void ReuseAddress(int descriptor)
    {
        int on = 1;
        _ = SetOptionRaw(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(int));
    }

    /// <summary>The port of a bound TCP socket, or the negated errno.</summary>
    internal static int LocalPort(int descriptor)
    {
        byte* address = stackalloc byte[LargestAddress];
        uint length = LargestAddress;
        return LocalNameRaw(descriptor, address, &length) < 0
            ? -Marshal.GetLastPInvokeError()
            : BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(address + 2, 2));
    }

    /// <summary>The user of the peer of a Unix socket at the time of the connection; null if the kernel does not tell.</summary>
    internal static uint? PeerUser(int descriptor)
    {
        // Process, user and group.
        uint* credentials = stackalloc uint[3];
        uint length = 3 * sizeof(uint);
        return GetOptionRaw(descriptor, SOL_SOCKET, SO_PEERCRED, (byte*)credentials, &length) == 0 ? credentials[1] : null;
    }

    /// <summary>Returns how many bytes were sent, or the negated errno: EAGAIN if there is no room. A closed peer raises no signal.</summary>
    internal static nint Send(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                nint sent = SendRaw(descriptor, start, (nuint)bytes.Length, MSG_NOSIGNAL);
                if (sent >= 0)
                    return sent;
                int error = Marshal.GetLastPInvokeError();
                if (error != EINTR)
                    return -error;
            }
        }
    }

    /// <summary>Tells the peer that nothing more will be sent.</summary>
    internal static void EndSending(int descriptor) => _ = ShutDownRaw(descriptor, SHUT_WR);

    /// <summary>Creates a counter that wakes a poll. Returns a descriptor, or the negated errno.</summary>
    internal static int CreateEvent() => Result(EventRaw(0, EFD_CLOEXEC | EFD_NONBLOCK));

    /// <summary>Wakes a poll that waits for the counter.</summary>
    internal static void SetEvent(int descriptor)
    {
        ulong one = 1;
        _ = Write(descriptor, new ReadOnlySpan<byte>(&one, sizeof(ulong)));
    }

    private static int Result(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int SocketRaw(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int BindRaw(int descriptor, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int ConnectRaw(int descriptor, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static partial int ListenRaw(int descriptor, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int AcceptRaw(int descriptor, nint address, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    private static partial int LocalNameRaw(int descriptor, byte* address, uint* length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetOptionRaw(int descriptor, int level, int name, byte* value, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOptionRaw(int descriptor, int level, int name, int* value, uint length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint SendRaw(int descriptor, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    private static partial int ShutDownRaw(int descriptor, int how);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventRaw(uint value, int flags);
}
