using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;
using Stackflare.Processes;

namespace Stackflare.Capture.Probe;

/// <summary>
/// A directory of ours inside the target's temporary directory, for what the target cannot reach otherwise. Only we can
/// write to it, and its name is random. It stays locked until this process ends. If a directory is not locked, its owner was
/// killed, and any process of the same user may remove it.
/// </summary>
/// <remarks>
/// The parent directory may belong to the target and so be hostile: at any moment, our directory's name can refer to another one. So after the check
/// that it is ours, it is accessed only by descriptor, and its permissions are set by descriptor. No other user can create anything inside. The
/// parent is accessed by descriptor as well: its path is resolved once, as the target would resolve it.
/// </remarks>
internal sealed class TransportDirectory : IDisposable
{
    private const string Prefix = "stackflare-", ProbeName = "probe.so", SocketName = "s";
    private const int Attempts = 8, LongestSocketPath = 107;
    private const UnixFileMode Ours = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Enter = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode Load = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    private const UnixFileMode Connect = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private readonly SafeFileHandle _parent, _lock;
    private readonly string _path, _there, _inside;
    private int _isRemoved;

    private TransportDirectory(SafeFileHandle parent, string name, string there, SafeFileHandle @lock)
    {
        _parent = parent;
        _lock = @lock;
        _path = $"{SafeOpen.OwnPath(parent)}/{name}";
        _there = there;
        _inside = SafeOpen.OwnPath(@lock);
    }

    /// <summary>The socket, as a path for the target process.</summary>
    public string SocketAddress => $"{_there}/{SocketName}";

    /// <summary>Creates a directory from which the process can load a library.</summary>
    /// <exception cref="StackflareException">There is no such place.</exception>
    [SupportedOSPlatform("linux")]
    public static TransportDirectory Create(TargetProcess target)
    {
        string? lastFailure = null;
        // For a process that is not visible, only its temporary directory is known to be the same for both.
        string[] parents = target.IsVisible ? [target.TempDirectory, "/tmp", "/var/tmp", "/dev/shm"] : [target.TempDirectory];
        foreach (string parent in parents.Distinct())
        {
            if (parent.Length + Prefix.Length + 32 + SocketName.Length + 2 > LongestSocketPath
                || SafeOpen.Directory(new RootedPath(target.RootPrefix, parent)) is not { } handle)
            {
                continue;
            }
            if (!Posix.ForbidsExecution(handle))
            {
                RemoveAbandoned(handle);
                try
                {
                    return Create(target, handle, parent);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    lastFailure = e.Message.TrimEnd('.');
                }
            }
            handle.Dispose();
        }
        throw new StackflareException(
            StackflareError.ProbeUnavailable,
            $"There is no directory from which process {target.ShownPid} can load the probe" + (lastFailure is null ? "." : $": {lastFailure}."),
            "One of its TMPDIR, /tmp, /var/tmp and /dev/shm must be writable and mounted without noexec.");
    }

    /// <summary>Writes the probe. Returns its path for the target process.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    [SupportedOSPlatform("linux")]
    public string WriteProbe(ReadOnlySpan<byte> probe)
    {
        string path = $"{_inside}/{ProbeName}";
        int descriptor = Succeed(Posix.Open(path, Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL | Posix.O_CLOEXEC | Posix.O_NOFOLLOW, (int)Ours), path);
        try
        {
            for (ReadOnlySpan<byte> rest = probe; !rest.IsEmpty;)
                rest = rest[Succeed((int)Posix.Write(descriptor, rest), path)..];
            Succeed(Posix.ChangeMode(descriptor, (int)Load), path);
        }
        finally
        {
            Posix.Close(descriptor);
        }
        return $"{_there}/{ProbeName}";
    }

    public void RemoveProbe() => _ = Posix.Unlink($"{_inside}/{ProbeName}");

    /// <summary>Listens on a socket. The process can connect, even as another user; the peer is checked.</summary>
    /// <exception cref="IOException">The socket could not be created.</exception>
    [SupportedOSPlatform("linux")]
    public UnixSocket Listen()
    {
        string path = $"{_inside}/{SocketName}";
        UnixSocket socket = UnixSocket.Listen(path);
        File.SetUnixFileMode(path, Connect);
        return socket;
    }

    /// <summary>Removes the directory with its content. Thread-safe.</summary>
    public void RemoveFiles()
    {
        try
        {
            using HeldDescriptor parent = new(_parent), @lock = new(_lock);
            if (Interlocked.Exchange(ref _isRemoved, 1) == 0)
                Remove(_path, _inside);
        }
        catch (ObjectDisposedException)
        {
            // The owner has removed it.
        }
    }

    public void Dispose()
    {
        RemoveFiles();
        _lock.Dispose();
        _parent.Dispose();
    }

    private static TransportDirectory Create(TargetProcess target, SafeFileHandle handle, string parent)
    {
        // Another user's process must be able to enter the directory. It cannot list it.
        UnixFileMode mode = target.User == Posix.EffectiveUser() ? Ours : Ours | Enter;
        for (int i = 0; i < Attempts; i++)
        {
            string name = $"{Prefix}{RandomId.New():N}", path = $"{SafeOpen.OwnPath(handle)}/{name}", there = $"{parent}/{name}";
            Succeed(Posix.MakeDirectory(path, (int)Ours), there);
            // Another tool may have found it before it was locked, and removed it.
            if (TryLock(path) is not { } @lock)
                continue;
            using var held = new HeldDescriptor(@lock);
            int result = Posix.ChangeMode(held.Number, (int)mode); // independent of the umask
            if (result >= 0)
                return new TransportDirectory(handle, name, there, @lock);
            Remove(path, SafeOpen.OwnPath(@lock));
            @lock.Dispose();
            Succeed(result, there);
        }
        throw new IOException($"'{parent}' cannot be locked");
    }

    /// <summary>Not a stream, because its exceptions depend on the errno.</summary>
    private static int Succeed(int result, string path) =>
        result >= 0 ? result : throw new IOException($"'{path}': {Marshal.GetPInvokeErrorMessage(-result)}");

    private static void RemoveAbandoned(SafeFileHandle parent)
    {
        try
        {
            foreach (string directory in Directory.EnumerateDirectories(SafeOpen.OwnPath(parent), Prefix + "*"))
            {
                if (!Guid.TryParseExact(Path.GetFileName(directory)[Prefix.Length..], "N", out _) || TryLock(directory) is not { } @lock)
                    continue;
                Remove(directory, SafeOpen.OwnPath(@lock));
                @lock.Dispose();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // If we cannot list it, we cannot clean it.
        }
    }

    /// <summary>Locks a directory of ours; null if another process holds the lock, it belongs to another user, or it is gone.</summary>
    private static SafeFileHandle? TryLock(string directory)
    {
        int descriptor = Posix.Open(directory, Posix.O_RDONLY | Posix.O_CLOEXEC | Posix.O_NOFOLLOW | Posix.O_NONBLOCK, 0);
        if (descriptor < 0)
            return null;
        if (Posix.Status(descriptor, out FileStatus opened) == 0 && opened.IsDirectory && opened.User == Posix.EffectiveUser()
            && Posix.TryLock(descriptor) == 0
            && Posix.Status(directory, out FileStatus there) == 0 && there.IsSameFileAs(opened))
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }
        Posix.Close(descriptor);
        return null;
    }

    /// <summary>Removes a locked directory. Deletes only the known files, and removes the directory only if it is empty.</summary>
    private static void Remove(string path, string inside)
    {
        _ = Posix.Unlink($"{inside}/{ProbeName}");
        _ = Posix.Unlink($"{inside}/{SocketName}");
        _ = Posix.RemoveDirectory(path);
    }
}
