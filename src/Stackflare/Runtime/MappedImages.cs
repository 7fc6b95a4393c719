namespace Stackflare.Runtime;

/// <summary>A file from which a process has mapped code.</summary>
/// <param name="Start">The address of the file's first byte.</param>
/// <param name="End">The address behind its last mapping.</param>
/// <param name="Path">Its path.</param>
internal sealed record MappedImage(ulong Start, ulong End, string Path)
{
    /// <summary>Its mappings, if there are others between them; otherwise null. The runtime maps memory of its own there.</summary>
    public IReadOnlyList<(ulong Start, ulong End)>? Parts { get; init; }
}

/// <summary>The files from which a process has mapped code, by address.</summary>
internal sealed class MappedImages
{
    private readonly MappedImage[] _images;
    private readonly (ulong Start, ulong End, MappedImage Image)[] _parts;

    /// <param name="images">The files.</param>
    /// <param name="root">The root directory of the process, in which their paths are; empty if it is that of this process.</param>
    public MappedImages(IEnumerable<MappedImage> images, string root = "")
    {
        Root = root;
        _images = [.. images.OrderBy(static i => i.Start)];
        _parts = [.. _images.SelectMany(static i => (i.Parts ?? [(i.Start, i.End)]).Select(p => (p.Start, p.End, i))).OrderBy(static p => p.Start)];
    }

    public IReadOnlyList<MappedImage> All => _images;

    /// <summary>The root directory of the process, in which the paths are.</summary>
    public string Root { get; }

    /// <summary>The files that were mapped from their first byte on.</summary>
    /// <param name="mappings">All mappings of files, by address.</param>
    /// <param name="root">The root directory of the process; empty if it is that of this process.</param>
    public static MappedImages Of(IEnumerable<(ulong Start, ulong End, ulong Position, string Path)> mappings, string root = "")
    {
        var images = new List<(ulong Start, string Path, List<(ulong Start, ulong End)> Parts)>();
        var last = new Dictionary<string, List<(ulong Start, ulong End)>>(StringComparer.Ordinal);
        foreach ((ulong start, ulong end, ulong position, string path) in mappings)
        {
            if (position == 0)
                images.Add((start, path, last[path] = []));
            if (last.TryGetValue(path, out List<(ulong Start, ulong End)>? parts))
                parts.Add((start, end));
        }
        return new MappedImages(images.Select(static i => new MappedImage(i.Start, i.Parts[^1].End, i.Path) { Parts = i.Parts }), root);
    }

    /// <summary>The file that is mapped at an address; null if there is none.</summary>
    public MappedImage? At(ulong address)
    {
        int low = 0, high = _parts.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_parts[middle].Start <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low > 0 && address < _parts[low - 1].End ? _parts[low - 1].Image : null;
    }
}
