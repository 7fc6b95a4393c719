using System.Globalization;
using Stackflare.Interop;

namespace Stackflare.Outputs;

/// <summary>
/// Makes room for a dump among the files of earlier ones. Touches only regular files of the process's own user. A failure is ignored: the dump is more
/// important than the limit.
/// </summary>
internal static class FileRotator
{
    /// <param name="pattern">The pattern of the files.</param>
    /// <param name="path">The file for the dump.</param>
    /// <param name="bytes">The dump's length.</param>
    /// <param name="rotation">The limits.</param>
    public static void Rotate(PathPattern pattern, string path, int bytes, FileRotation rotation)
    {
        bool isThere = IsOwnFile(path, out FileStatus status);
        bool isFull = isThere && status.Length > 0 && status.Length + bytes > rotation.MaxFileBytes;
        if (isFull)
            Shift(path, rotation.MaxFiles);
        if (pattern.HasWord && (isFull || !isThere))
            DeleteOldest(pattern, path, rotation.MaxFiles - 1);
    }

    /// <summary>Renames <c>dump.txt</c> to <c>dump.txt.1</c>, and so on. The last one is replaced.</summary>
    private static void Shift(string path, int files)
    {
        if (files == 1)
            _ = Posix.Unlink(path);
        for (int i = files - 1; i > 0; i--)
        {
            string from = i == 1 ? path : Numbered(path, i - 1), to = Numbered(path, i);
            if (IsOwnFile(from, out _) && (IsOwnFile(to, out _) || !Exists(to)))
                _ = Posix.Rename(from, to);
        }
    }

    private static void DeleteOldest(PathPattern pattern, string path, int keep)
    {
        try
        {
            var files = pattern.Earlier(path).Select(static p => (Path: p, IsOwn: IsOwnFile(p, out FileStatus status), status.ModifiedTicks)).Where(static f => f.IsOwn);
            foreach ((string old, _, _) in files.OrderByDescending(static f => f.ModifiedTicks).ThenByDescending(static f => f.Path, StringComparer.Ordinal).Skip(keep))
                _ = Posix.Unlink(old);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The directory cannot be listed, but the dump may still be written.
        }
    }

    private static string Numbered(string path, int number) => string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");

    private static bool Exists(string path) => Posix.Status(path, out _) == 0;

    private static bool IsOwnFile(string path, out FileStatus status) =>
        Posix.Status(path, out status) == 0 && status.IsRegular && status.User == Posix.EffectiveUser();
}
