using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Stackflare.Interop;

/// <summary>
/// Opens files at paths that somebody else chose. Only regular ones are opened: opening a FIFO would wait for a writer for ever, opening a
/// device can do something to it.
/// </summary>
/// <remarks>
/// Links are followed. Below another root they lead where they lead the process whose root it is: the kernel would take an absolute link for a path
/// in our own root, where another file may have that name. A kernel before 5.6 cannot be told, and neither can one whose system call filter does not know the call.
/// </remarks>
internal static class SafeOpen
{
    /// <summary>How often the kernel is asked again when directories on the way are renamed at the same time.</summary>
    private const int Attempts = 16;

    private const int NameOnly = Posix.O_PATH | Posix.O_CLOEXEC;

    /// <summary>Null when there is no regular file at the path, or it may not be read.</summary>
    public static SafeFileHandle? Regular(RootedPath path)
    {
        // What is looked at then is what is opened.
        using SafeFileHandle? named = Find(path, out FileStatus status);
        if (named is null || !status.IsRegular)
            return null;
        int descriptor = Posix.Open(OwnPath(named), Posix.O_RDONLY | Posix.O_CLOEXEC | Posix.O_NOCTTY, 0);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>
    /// Names a directory, so that it can be reached by <see cref="OwnPath"/>. Null when there is none, and when a link leads to it where links cannot be
    /// followed as the process would.
    /// </summary>
    public static SafeFileHandle? Directory(RootedPath path)
    {
        SafeFileHandle? named = Find(path, out FileStatus status, mayLeadOut: false);
        if (named is null || status.IsDirectory)
            return named;
        named.Dispose();
        return null;
    }

    /// <summary>Names what is at a path without opening it, and says what it is; null when nothing is there.</summary>
    public static SafeFileHandle? Find(RootedPath path, out FileStatus status) => Find(path, out status, mayLeadOut: true);

    /// <summary>Says what is at a path; false when nothing is there.</summary>
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

    /// <summary>The path by which we reach what an own descriptor is of, whatever its names lead to meanwhile.</summary>
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
        // A link of the kernel's itself, which is not followed below a root.
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
