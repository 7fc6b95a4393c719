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

    private readonly Dictionary<(string Path, bool IsDeleted), NamedFile?> _files = [];

    /// <summary>The files that were read although the core does not say which build of them was mapped.</summary>
    public IEnumerable<string> UncheckedFiles => Where(static f => f is { IsChecked: false, IsUsed: true });

    /// <summary>Those of them that came to their places after the core was written.</summary>
    public IEnumerable<string> ChangedFiles => Where(static f => f is { IsChecked: false, IsUsed: true, IsChanged: true });

    /// <summary>The files that were needed but are not there any more, or are not the same.</summary>
    public IEnumerable<string> MissingFiles => Where(static f => f is null or { IsOther: true });

    public int Read(ulong address, Span<byte> buffer)
    {
        int done = 0;
        for (int pieces = MaxPieces(buffer.Length); done < buffer.Length && pieces > 0; pieces--)
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

    /// <summary>Whether the file that is mapped at an address is certainly the same as then, also if nothing of it was needed.</summary>
    public bool IsProved(ulong address)
    {
        if (MappingAt(address) is not { } mapping)
            return false;
        if (_files.TryGetValue((mapping.Path, mapping.IsDeleted), out NamedFile? known))
            return known is { IsProved: true };
        using NamedFile? file = Open((mapping.Path, mapping.IsDeleted));
        return file is { IsProved: true };
    }

    public void Dispose()
    {
        foreach (NamedFile? file in _files.Values)
            file?.Dispose();
    }

    /// <summary>Reads what the core itself has. Segments can follow each other.</summary>
    private bool TryReadCore(ulong address, Span<byte> buffer)
    {
        int done = 0;
        for (int pieces = MaxPieces(buffer.Length); done < buffer.Length && pieces > 0; pieces--)
        {
            int read = ReadCore(address + (ulong)done, buffer[done..], out _);
            if (read == 0)
                return false;
            done += read;
        }
        return done == buffer.Length;
    }

    /// <summary>Of how many pieces a read may consist. Segments and mappings consist of pages; those of a damaged core can be bytes.</summary>
    private static int MaxPieces(int length) => 4 + (length / 512);

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
        if (MappingAt(address) is not { } mapping)
            return 0;
        int length = (int)Math.Min((ulong)buffer.Length, Math.Min(mapping.End, end) - address);
        return FileOf(mapping)?.Read(mapping.Position + (address - mapping.Start), buffer[..length]) ?? 0;
    }

    private FileMapping? MappingAt(ulong address)
    {
        List<FileMapping> mappings = core.Notes.Mappings;
        int after = After(mappings.Count, i => mappings[i].Start <= address);
        return after > 0 && address < mappings[after - 1].End ? mappings[after - 1] : null;
    }

    private NamedFile? FileOf(FileMapping mapping)
    {
        (string, bool) key = (mapping.Path, mapping.IsDeleted);
        if (!_files.TryGetValue(key, out NamedFile? file))
            _files[key] = file = _files.Count < MaxFiles ? Open(key) : null;
        return file;
    }

    private NamedFile? Open((string Path, bool IsDeleted) key) => core.Notes.Files.TryGetValue(key, out FileInCore? named)
        ? NamedFile.Open(named, core, TryReadCore)
        : null;

    private IEnumerable<string> Where(Func<NamedFile?, bool> condition) => _files.Where(f => condition(f.Value)).Select(static f => f.Key.Path);

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
