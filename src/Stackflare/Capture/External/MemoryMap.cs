using System.Globalization;
using Stackflare.Runtime;

namespace Stackflare.Capture.External;

/// <summary>The mappings of a process, as <c>/proc/…/maps</c> has them: by address, and each range once.</summary>
internal sealed class MemoryMap
{
    /// <summary>The kernel's own limit is 65,530 by default.</summary>
    private const int MaxMappings = 1 << 20;

    private const string Deleted = " (deleted)";

    private readonly List<Mapping> _mappings = [];

    private MemoryMap()
    {
    }

    /// <summary>Reads the lines of a map. Lines that are not understood are left out.</summary>
    public static MemoryMap Parse(IEnumerable<string> lines)
    {
        var map = new MemoryMap();
        foreach (string line in lines.Take(MaxMappings))
        {
            // start-end permissions offset device inode path
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 5 || fields[0].Split('-') is not [var first, var last] || !TryHex(first, out ulong start) || !TryHex(last, out ulong end) || end <= start
                || !TryHex(fields[2], out ulong position))
            {
                continue;
            }
            string path = fields.Length > 5 ? fields[5] : "";
            map._mappings.Add(new Mapping(start, end, position, path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path));
        }
        return map;
    }

    /// <summary>The mapping at an address; null if there is none.</summary>
    public Mapping? At(ulong address)
    {
        int low = 0, high = _mappings.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_mappings[middle].Start <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low > 0 && address < _mappings[low - 1].End ? _mappings[low - 1] : null;
    }

    /// <summary>The files that are mapped from their first byte on. Files in memory, in which the runtime puts compiled code, are none.</summary>
    /// <param name="root">The root directory of the process; empty if it is that of this process.</param>
    public MappedImages Images(string root) => MappedImages.Of(
        _mappings.Where(static m => m.Path.StartsWith('/') && !m.Path.StartsWith("/memfd:", StringComparison.Ordinal)).Select(static m => (m.Start, m.End, m.Position, m.Path)), root);

    private static bool TryHex(string text, out ulong value) => ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    /// <summary>A range of memory.</summary>
    /// <param name="Start">Its address.</param>
    /// <param name="End">The address behind it.</param>
    /// <param name="Position">Its place in the file.</param>
    /// <param name="Path">The file's path as the process sees it; empty if there is none.</param>
    public sealed record Mapping(ulong Start, ulong End, ulong Position, string Path);
}
