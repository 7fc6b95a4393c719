using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Stackflare.Interop;

/// <summary>
/// Opens files at untrusted paths. Only regular files are opened: opening a FIFO would wait for a writer forever, and opening a
/// device can have side effects.
/// </summary>
/// <remarks>
/// Links are followed. Below another root, they are resolved in that root, as for its process: by default, the kernel would resolve an absolute link
/// in our own root, where another file may have that name. This does not work on kernels before 5.6, or if a system call filter blocks the call.
/// </remarks>
internal static class SafeOpen
{
    /// <summary>How often the call is repeated if directories on the path are renamed at the same time.</summary>
    private const int Attempts = 16;

    private const int NameOnly = Posix.O_PATH | Posix.O_CLOEXEC;

    /// <summary>
    /// Null if there is no regular file at the path, if it is empty, or if it cannot be read. Some files of the kernel claim to be regular, but a read waits for
    /// content: those have no length.
    /// </summary>
    public static SafeFileHandle? Regular(RootedPath path)
    {
        // The file that was checked is the file that is opened.
        using SafeFileHandle? named = Find(path, out FileStatus status);
        if (named is null || status is not { IsRegular: true, Length: > 0 })
            return null;
        int descriptor = Posix.Open(OwnPath(named), Posix.O_RDONLY | Posix.O_CLOEXEC | Posix.O_NOCTTY, 0);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>
    /// Opens a directory by name only, for use with <see cref="OwnPath"/>. Null if there is none, or if a link leads to it and links cannot be
    /// resolved as for the process.
    /// </summary>
    public static SafeFileHandle? Directory(RootedPath path)
    {
        SafeFileHandle? named = Find(path, out FileStatus status, mayLeadOut: false);
        if (named is null || status.IsDirectory)
            return named;
        named.Dispose();
        return null;
    }

    /// <summary>Opens what is at a path by name only, and returns its status; null if nothing is there.</summary>
    public static SafeFileHandle? Find(RootedPath path, out FileStatus status) => Find(path, out status, mayLeadOut: true);

    /// <summary>Returns the status of what is at a path; false if nothing is there.</summary>
    public static bool TryLook(RootedPath path, out FileStatus status)
    {
        if (path.Root.Length > 0)
        {
            using SafeFileHandle? named = Find(path, out status);
            return named is not null;
        }
        status = default;
        return !path.Path.Contains('\0') && Posix.Status(path.Path, out status, followLink: true) == 0;
    }

    /// <summary>A path to the file of an own descriptor, even if its names are changed meanwhile.</summary>
    public static string OwnPath(SafeFileHandle handle) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{handle.DangerousGetHandle()}");

    private static SafeFileHandle? Find(RootedPath path, out FileStatus status, bool mayLeadOut)
    {
        status = default;
        if (path.Path.Contains('\0'))
            return null;
        int descriptor = path.Root.Length == 0 ? Posix.Open(path.Path, NameOnly, 0) : NameInRoot(path, mayLeadOut);
        if (descriptor < 0)
            return null;
        if (Posix.Status(descriptor, out status) == 0)
            return new SafeFileHandle(descriptor, ownsHandle: true);
        Posix.Close(descriptor);
        return null;
    }

    private static int NameInRoot(RootedPath path, bool mayLeadOut)
    {
        // /proc/{pid}/root is a kernel link, which cannot be resolved below a root.
        int root = Posix.Open(path.Root, NameOnly, 0);
        if (root < 0)
            return root;
        int found = -Posix.EAGAIN;
        for (int i = 0; i < Attempts && found == -Posix.EAGAIN; i++)
            found = Posix.OpenInRoot(root, path.Path, NameOnly);
        Posix.Close(root);
        if (found is not (-Posix.ENOSYS or -Posix.EPERM))
            return found;
        return mayLeadOut || !HasLink(path) ? Posix.Open(path.ToString(), NameOnly, 0) : -Posix.ELOOP;
    }

    private static bool HasLink(RootedPath path)
    {
        string way = path.Root;
        foreach (string part in path.Path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            way += "/" + part;
            if (Posix.Status(way, out FileStatus status) != 0 || status.IsLink)
                return true;
        }
        return false;
    }
}
