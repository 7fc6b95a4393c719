using Stackflare.Interop;
using Stackflare.Runtime;

namespace Stackflare.Capture.CoreFiles;

/// <summary>
/// The memory in a core. What the core leaves out because it is in a file is read from that file, if it is certainly or probably the same file as then.
/// </summary>
internal sealed class CoreMemory(CoreFile core) : IMemoryReader, IDisposable
{
    /// <summary>More files are not opened: a damaged core can name any number.</summary>
    private const int MaxFiles = 512;

    private readonly Dictionary<string, NamedFile?> _files = new(StringComparer.Ordinal);

    /// <summary>The files that were read although the core does not say which build of them was mapped.</summary>
    public IEnumerable<string> UncheckedFiles => _files.Where(static f => f.Value is { IsChecked: false, IsUsed: true }).Select(static f => f.Key);

    /// <summary>The files that were needed but are not there any more, or are not the same.</summary>
    public IEnumerable<string> MissingFiles => _files.Where(static f => f.Value is null).Select(static f => f.Key);

    public int Read(ulong address, Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            ulong at = address + (ulong)done;
            int read = ReadCore(at, buffer[done..], out ulong nextSegment);
            if (read == 0)
                read = ReadFile(at, buffer[done..], nextSegment);
            if (read == 0)
                break;
            done += read;
        }
        return done;
    }

    public void Dispose()
    {
        foreach (NamedFile? file in _files.Values)
            file?.Dispose();
    }

    /// <summary>Reads what the core itself has, up to the end of a segment.</summary>
    private int ReadCore(ulong address, Span<byte> buffer, out ulong nextSegment)
    {
        IReadOnlyList<CoreSegment> segments = core.Segments;
        int after = After(segments.Count, i => segments[i].Start <= address);
        nextSegment = after < segments.Count ? segments[after].Start : ulong.MaxValue;
        if (after == 0 || address >= segments[after - 1].End)
            return 0;
        CoreSegment segment = segments[after - 1];
        int length = (int)Math.Min((ulong)buffer.Length, segment.End - address);
        return FileRead.TryFill(core.Handle, buffer[..length], (long)(segment.Position + (address - segment.Start)));
    }

    private int ReadFile(ulong address, Span<byte> buffer, ulong end)
    {
        List<FileMapping> mappings = core.Notes.Mappings;
        int after = After(mappings.Count, i => mappings[i].Start <= address);
        if (after == 0 || address >= mappings[after - 1].End)
            return 0;
        FileMapping mapping = mappings[after - 1];
        int length = (int)Math.Min((ulong)buffer.Length, Math.Min(mapping.End, end) - address);
        return FileOf(mapping)?.Read(mapping.Position + (address - mapping.Start), buffer[..length]) ?? 0;
    }

    private NamedFile? FileOf(FileMapping mapping)
    {
        if (!_files.TryGetValue(mapping.Path, out NamedFile? file))
        {
            string path = mapping.Path;
            file = _files.Count < MaxFiles && core.Notes.Mappings.Find(m => m.Position == 0 && m.Path == path) is { } first
                ? NamedFile.Open(path, first.Start, core.WrittenAt, (at, bytes) => ReadCore(at, bytes, out _) == bytes.Length)
                : null;
            _files[path] = file;
        }
        return file;
    }

    /// <summary>How many items of a sorted list satisfy a condition, which the first ones do.</summary>
    private static int After(int count, Func<int, bool> isBefore)
    {
        int low = 0, high = count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (isBefore(middle))
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
