namespace Stackflare.Snapshots;

/// <summary>
/// The IL offsets that a compiled method has places for. All code of the compiled method has one of them. Frames of the same code share one object.
/// </summary>
internal sealed class ILPlaces
{
    private readonly int[] _offsets;

    /// <param name="offsets">The offsets in any order, also repeatedly. A hostile process can give many, but they are sorted once for all its frames.</param>
    public ILPlaces(ReadOnlySpan<uint> offsets)
    {
        int[] sorted = new int[offsets.Length];
        for (int i = 0; i < sorted.Length; i++)
            sorted[i] = (int)offsets[i];
        Array.Sort(sorted);
        var hash = new HashCode();
        int count = 0;
        foreach (int offset in sorted)
        {
            if (count > 0 && sorted[count - 1] == offset)
                continue;
            hash.Add(offset);
            sorted[count++] = offset;
        }
        _offsets = sorted[..count];
        Hash = hash.ToHashCode();
    }

    /// <summary>Equal for equal offsets, in this process.</summary>
    public int Hash { get; }

    /// <summary>The offsets in ascending order, each once.</summary>
    public ReadOnlySpan<int> Offsets => _offsets;

    public bool Contains(int offset) => Array.BinarySearch(_offsets, offset) >= 0;

    /// <summary>The previous offset; -1 if there is none.</summary>
    public int Before(int offset)
    {
        int at = Array.BinarySearch(_offsets, offset);
        at = (at < 0 ? ~at : at) - 1;
        return at >= 0 ? _offsets[at] : -1;
    }

    /// <summary>The next offset; <see cref="int.MaxValue"/> if there is none.</summary>
    public int After(int offset)
    {
        int at = Array.BinarySearch(_offsets, offset);
        at = at < 0 ? ~at : at + 1;
        return at < _offsets.Length ? _offsets[at] : int.MaxValue;
    }
}
