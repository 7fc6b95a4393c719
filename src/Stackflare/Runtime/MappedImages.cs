namespace Stackflare.Runtime;

/// <summary>A file from which a process has mapped code.</summary>
/// <param name="Start">The address of the file's first byte.</param>
/// <param name="End">The address behind its last mapping.</param>
/// <param name="Path">Its path.</param>
internal sealed record MappedImage(ulong Start, ulong End, string Path);

/// <summary>The files from which a process has mapped code, by address.</summary>
internal sealed class MappedImages
{
    private readonly MappedImage[] _images;

    public MappedImages(IEnumerable<MappedImage> images)
    {
        _images = [.. images];
        Array.Sort(_images, static (a, b) => a.Start.CompareTo(b.Start));
    }

    public IReadOnlyList<MappedImage> All => _images;

    /// <summary>The file at an address; null if there is none.</summary>
    public MappedImage? At(ulong address)
    {
        int low = 0, high = _images.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_images[middle].Start <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low > 0 && address < _images[low - 1].End ? _images[low - 1] : null;
    }
}
