namespace Stackflare.Interop;

/// <summary>
/// Writes a file completely or not at all: first under a temporary name in the same directory, which is then renamed. Only
/// its owner can read it. If writing fails, the temporary file is deleted and an existing file is unchanged.
/// </summary>
internal static class AtomicFile
{
    private const int OwnerOnly = 0x180; // 0600

    private static readonly int NewFile = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL | Posix.O_CLOEXEC | Posix.O_NOFOLLOW | Posix.O_NOCTTY;

    /// <param name="path">The file. Links and anything else that is not a regular file are refused.</param>
    /// <param name="output">What cannot be written, as the beginning of an error message.</param>
    /// <param name="pieces">The content.</param>
    /// <exception cref="OutputException">The file could not be written.</exception>
    public static void Write(string path, string output, IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        path = Path.GetFullPath(path);
        Check(path, output);
        // Not predictable, and short even if the file's own name is long.
        string temporary = Path.Combine(Path.GetDirectoryName(path)!, $".stackflare-{RandomId.New():N}.tmp");
        int descriptor = Posix.Open(temporary, NewFile, OwnerOnly);
        Succeed(output, descriptor);
        bool isDone = false;
        try
        {
            WriteAll(descriptor, output, pieces);
            // Without this, a crash of the machine could leave the new name with an empty file.
            Succeed(output, Posix.Synchronize(descriptor));
            Succeed(output, Posix.Rename(temporary, path));
            isDone = true;
        }
        finally
        {
            Posix.Close(descriptor);
            if (!isDone)
                _ = Posix.Unlink(temporary);
        }
    }

    /// <summary>Renaming would replace a link or, for root, a device.</summary>
    private static void Check(string path, string output)
    {
        if (Path.GetFileName(path).Length == 0)
            throw OutputErrors.Create(output, Posix.EISDIR);
        int found = Posix.Status(path, out var status);
        if (found == -Posix.ENOENT)
            return;
        Succeed(output, found);
        if (!status.IsRegular)
            throw OutputErrors.Create(output, status.IsDirectory ? Posix.EISDIR : status.IsLink ? Posix.ELOOP : Posix.ENXIO);
    }

    private static void WriteAll(int descriptor, string output, IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        // The kernel answers a write beyond the process's file size limit with a signal that ends the process.
        ulong left = Posix.LargestFile();
        foreach (var piece in pieces)
        {
            if ((ulong)piece.Length > left)
                throw OutputErrors.Create(output, Posix.EFBIG);
            left -= (ulong)piece.Length;
            for (var rest = piece.Span; !rest.IsEmpty;)
            {
                nint written = Posix.Write(descriptor, rest);
                Succeed(output, (int)Math.Min(written, 0));
                rest = rest[(int)written..];
            }
        }
    }

    private static void Succeed(string output, int result)
    {
        if (result < 0)
            throw OutputErrors.Create(output, -result);
    }
}
