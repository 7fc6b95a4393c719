namespace Stackflare.Interop;

/// <summary>Reads the small files of /proc with three system calls and no stream: a dump reads one for each thread.</summary>
internal static class ProcFile
{
    /// <summary>The first bytes of the file, as many as fit; empty if it cannot be read (the process or thread has ended).</summary>
    public static ReadOnlySpan<byte> Read(string path, Span<byte> buffer)
    {
        int descriptor = Posix.Open(path, Posix.O_RDONLY | Posix.O_CLOEXEC, 0);
        if (descriptor < 0)
            return default;
        int total = 0;
        while (total < buffer.Length && Posix.Read(descriptor, buffer[total..]) is > 0 and var read)
            total += (int)read;
        Posix.Close(descriptor);
        return buffer[..total];
    }
}
