using System.Runtime.InteropServices;
using Stackflare.Interop;
using Stackflare.Model;

namespace Stackflare.Http;

/// <summary>
/// A listening socket: a Unix socket that only its owner can use, or a loopback port. Used by one thread.
/// </summary>
internal sealed class ListenSocket : IDisposable
{
    private const int OwnerOnly = 0x180; // 0600
    private const int Backlog = 128;

    // Another process that looks at the same stale socket is done in microseconds.
    private const int LockTries = 100, LockMilliseconds = 10;

    private readonly FileStatus _file;
    private int _descriptor;

    private ListenSocket(ListenAddress address, int descriptor, FileStatus file) => (Address, _descriptor, _file) = (address, descriptor, file);

    /// <summary>With the port that the system has chosen.</summary>
    public ListenAddress Address { get; }

    public int Descriptor => _descriptor;

    /// <exception cref="StackflareException">It cannot listen there; the error says why.</exception>
    public static ListenSocket Open(ListenAddress address)
    {
        int descriptor = Posix.CreateSocket(address.Kernel);
        if (descriptor < 0)
            throw Failed(address, Marshal.GetPInvokeErrorMessage(-descriptor), "Use the other kind of address: a Unix socket or a port.");
        try
        {
            return address.Path is { } path ? OpenPath(address, path, descriptor) : OpenPort(address, descriptor);
        }
        catch (StackflareException)
        {
            Posix.Close(descriptor);
            throw;
        }
    }

    /// <summary>Closes it, and removes its file unless another one has taken its place.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _descriptor, -1) is var descriptor and >= 0)
        {
            if (Address.Path is { } path && Posix.Status(path, out FileStatus there) == 0 && there.IsSameFileAs(_file))
                _ = Posix.Unlink(path);
            Posix.Close(descriptor);
        }
    }

    private static ListenSocket OpenPort(ListenAddress address, int descriptor)
    {
        // Otherwise, a restart fails while the kernel remembers connections of the process before.
        Posix.ReuseAddress(descriptor);
        int result = Posix.Bind(descriptor, address.Kernel);
        if (result == 0)
            result = Posix.Listen(descriptor, Backlog);
        if (result < 0)
            throw Failed(address, Marshal.GetPInvokeErrorMessage(-result), "Use another port, or port 0 for any free one.");
        return new ListenSocket(address.WithPort(Posix.LocalPort(descriptor)), descriptor, default);
    }

    private static ListenSocket OpenPath(ListenAddress address, string path, int descriptor)
    {
        string directory = Path.GetDirectoryName(path)!;
        if (Posix.Access(directory, Posix.W_OK | Posix.X_OK) is var access and not 0)
            throw Failed(address, $"its directory: {Marshal.GetPInvokeErrorMessage(-access)}", "Name a socket in a directory in which this process can create files.");
        // Before the name exists: the kernel gives it the permissions of the socket, so that nobody else can connect at any time.
        _ = Posix.ChangeMode(descriptor, OwnerOnly);
        int guard = LockDirectory(directory);
        try
        {
            int result = Posix.Bind(descriptor, address.Kernel);
            if (result == -Posix.EADDRINUSE)
            {
                RemoveStale(address, path);
                result = Posix.Bind(descriptor, address.Kernel);
            }
            if (result == 0)
                result = Posix.Listen(descriptor, Backlog);
            if (result < 0)
                throw Failed(address, Marshal.GetPInvokeErrorMessage(-result), "Name a socket in a directory in which this process can create files.");
        }
        finally
        {
            if (guard >= 0)
                Posix.Close(guard);
        }
        _ = Posix.Status(path, out FileStatus file);
        return new ListenSocket(address, descriptor, file);
    }

    /// <summary>Removes a socket of the same user at which nobody listens. A killed process leaves one.</summary>
    /// <exception cref="StackflareException">Something else is there.</exception>
    private static void RemoveStale(ListenAddress address, string path)
    {
        if (Posix.Status(path, out FileStatus there) is var gone and not 0)
        {
            if (gone == -Posix.ENOENT)
                return;
            throw Failed(address, Marshal.GetPInvokeErrorMessage(-gone), "Name another path.");
        }
        if (!there.IsSocket)
            throw Failed(address, "a file that is not a socket is there", "Remove it, or name another path.");
        if (there.User != Posix.EffectiveUser())
            throw Failed(address, "a socket of another user is there", "Remove it, or name a path in a directory of the process's own user.");
        int probe = Posix.CreateSocket(address.Kernel);
        int connected = probe < 0 ? probe : Posix.Connect(probe, address.Kernel);
        if (probe >= 0)
            Posix.Close(probe);
        if (connected != -Posix.ECONNREFUSED)
            throw Failed(address, "another process listens there", "Name another path, for example with {pid} in its name.");
        _ = Posix.Unlink(path);
    }

    /// <summary>
    /// Two processes that find the same stale socket must not remove it one after the other: the second one would remove the socket of the first one.
    /// </summary>
    /// <returns>A descriptor that holds the lock; negative if there is no lock, for example because another user holds it.</returns>
    private static int LockDirectory(string directory)
    {
        int descriptor = Posix.Open(directory, Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        for (int i = 0; descriptor >= 0 && i < LockTries && Posix.TryLock(descriptor) == -Posix.EAGAIN; i++)
            _ = Posix.Poll([], LockMilliseconds);
        return descriptor;
    }

    private static StackflareException Failed(ListenAddress address, string problem, string remedy) =>
        new(StackflareError.ListenFailed, $"Nothing can listen at '{EscapedText.Plain(address.ToString())}': {problem}.", remedy);
}
