using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Stackflare.Interop;

/// <summary>
/// A Unix stream socket with direct system calls. <c>System.Net.Sockets</c> would start threads and use the thread pool
/// for anything with a time limit, but a dump must work when the pool is stuck.
/// </summary>
internal sealed partial class UnixSocket : IDisposable
{
    private const int AfUnix = 1, SockStream = 1, SockCloexec = 0x80000, SolSocket = 1, SoPeercred = 17, SoSndtimeo = 21, MsgNosignal = 0x4000;
    private const int PathOffset = 2, MaxPath = 108;

    private readonly SafeFileHandle _handle;

    private UnixSocket(SafeFileHandle handle) => _handle = handle;

    /// <summary>
    /// Listens on a path, or on an abstract name if it begins with '@'. An abstract name has no file, and disappears with the socket.
    /// </summary>
    public static UnixSocket Listen(string name)
    {
        Span<byte> address = stackalloc byte[PathOffset + MaxPath];
        int length = WriteAddress(address, name);
        UnixSocket socket = Create();
        if (Bind(socket._handle, ref MemoryMarshal.GetReference(address), length) != 0 || Listen(socket._handle, 1) != 0)
            throw socket.Fail("listen");
        return socket;
    }

    /// <exception cref="IOException">No process listens at the path or accepts connections in time, or access is denied.</exception>
    public static UnixSocket Connect(RootedPath path, Deadline deadline)
    {
        // A path with a descriptor's number also works as a socket address, and is short.
        using SafeFileHandle? named = path.Root.Length == 0 ? null : SafeOpen.Find(path, out _) ?? throw new IOException($"'{path}' does not exist");
        Span<byte> address = stackalloc byte[PathOffset + MaxPath];
        int length = WriteAddress(address, named is null ? path.Path : SafeOpen.OwnPath(named));
        UnixSocket socket = Create();
        while (true)
        {
            // If a listener has stopped accepting and its queue is full, connecting blocks here.
            socket.LimitSends(deadline);
            if (Connect(socket._handle, ref MemoryMarshal.GetReference(address), length) == 0)
                return socket;
            if (Marshal.GetLastPInvokeError() != Posix.EINTR)
                throw socket.Fail("connect");
        }
    }

    /// <summary>The process and user of the peer, as recorded by the kernel at the time of the connection.</summary>
    public (int Pid, uint Uid) Peer()
    {
        var credentials = new PeerCredentials();
        int size = Marshal.SizeOf<PeerCredentials>();
        return GetSockOpt(_handle, SolSocket, SoPeercred, ref credentials, ref size) == 0
            ? (credentials.Pid, credentials.Uid)
            : throw new IOException($"getsockopt: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Waits until one of two sockets is readable or closed by its peer. Returns which are readable: both, one, or none in time.</summary>
    public static (bool First, bool Second) WaitReadable(UnixSocket? first, UnixSocket? second, Deadline deadline)
    {
        using var heldFirst = new HeldDescriptor(first?._handle);
        using var heldSecond = new HeldDescriptor(second?._handle);
        Span<PollRequest> requests =
        [
            new() { Descriptor = heldFirst.Number, Events = Posix.POLLIN },
            new() { Descriptor = heldSecond.Number, Events = Posix.POLLIN },
        ];
        int ready;
        do
            ready = Posix.Poll(requests, deadline.NextLookMilliseconds);
        while (ready == -Posix.EINTR || (ready == 0 && !deadline.Passed));
        return ready >= 0
            ? (requests[0].Happened != 0, requests[1].Happened != 0)
            : throw new IOException($"poll: {Marshal.GetPInvokeErrorMessage(-ready)}");
    }

    /// <summary>Sets the kernel's SO_SNDTIMEO for connecting and sending. A time of 0 would mean no limit.</summary>
    private void LimitSends(Deadline deadline)
    {
        int milliseconds = Math.Max(1, deadline.RemainingMilliseconds);
        Span<long> time = [milliseconds / 1000, milliseconds % 1000 * 1000];
        if (SetSockOpt(_handle, SolSocket, SoSndtimeo, ref MemoryMarshal.GetReference(time), 2 * sizeof(long)) != 0)
            throw Fail("setsockopt");
    }

    public UnixSocket Accept()
    {
        SafeFileHandle handle = Accept4(_handle, 0, 0, SockCloexec);
        return handle.IsInvalid ? throw new IOException($"accept: {Marshal.GetLastPInvokeErrorMessage()}") : new UnixSocket(handle);
    }

    public void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint sent = Send(_handle, ref MemoryMarshal.GetReference(bytes), bytes.Length, MsgNosignal);
            if (sent < 0 && Marshal.GetLastPInvokeError() == Posix.EINTR)
                continue;
            if (sent < 0)
                throw new IOException($"send: {Marshal.GetLastPInvokeErrorMessage()}");
            bytes = bytes[(int)sent..];
        }
    }

    /// <summary>Reads until the buffer is full. Returns how many bytes arrived before the peer closed or the time was up.</summary>
    public int ReceiveFull(Span<byte> buffer, Deadline deadline)
    {
        int total = 0;
        using var held = new HeldDescriptor(_handle);
        while (total < buffer.Length && WaitReadable(this, null, deadline).First)
        {
            nint received = Posix.Read(held.Number, buffer[total..]);
            if (received <= 0)
                break;
            total += (int)received;
        }
        return total;
    }

    public void Dispose() => _handle.Dispose();

    private static UnixSocket Create()
    {
        SafeFileHandle handle = NewSocket(AfUnix, SockStream | SockCloexec, 0);
        return handle.IsInvalid ? throw new IOException($"socket: {Marshal.GetLastPInvokeErrorMessage()}") : new UnixSocket(handle);
    }

    private IOException Fail(string call)
    {
        string reason = Marshal.GetLastPInvokeErrorMessage();
        Dispose();
        return new IOException($"{call}: {reason}");
    }

    private static int WriteAddress(Span<byte> address, string path)
    {
        if (Encoding.UTF8.GetByteCount(path) >= MaxPath)
            throw new IOException($"The socket path '{path}' is longer than the kernel allows ({MaxPath - 1} bytes).");
        address.Clear();
        address[0] = AfUnix;
        int length = Encoding.UTF8.GetBytes(path, address[PathOffset..]);
        if (address[PathOffset] == '@')
            address[PathOffset] = 0;
        return PathOffset + length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PeerCredentials
    {
        public int Pid;
        public uint Uid;
        public uint Gid;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial SafeFileHandle NewSocket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(SafeFileHandle socket, ref byte address, int length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static partial int Listen(SafeFileHandle socket, int backlog);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int Connect(SafeFileHandle socket, ref byte address, int length);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial SafeFileHandle Accept4(SafeFileHandle socket, nint address, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetSockOpt(SafeFileHandle socket, int level, int name, ref PeerCredentials value, ref int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetSockOpt(SafeFileHandle socket, int level, int name, ref long value, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeFileHandle socket, ref byte bytes, nint length, int flags);
}
