using System.Globalization;

namespace Stackflare.Bench;

/// <summary>How many threads a program has, and how many frames of its own each of them.</summary>
internal readonly record struct Shape(int Threads, int Frames)
{
    /// <summary>The one that the goals are about.</summary>
    internal static Shape Reference { get; } = new(100, 50);

    internal static Shape Small { get; } = new(10, 10);

    internal static Shape Large { get; } = new(1000, 100);

    internal static IReadOnlyList<Shape> All { get; } = [Small, Reference, Large];

    /// <summary>Reads <c>100x50</c>; null for anything else, and for a stack too low for the targets.</summary>
    internal static Shape? Parse(string text) =>
        text.Split('x') is [string threads, string frames]
        && int.TryParse(threads, NumberStyles.None, CultureInfo.InvariantCulture, out int threadCount)
        && int.TryParse(frames, NumberStyles.None, CultureInfo.InvariantCulture, out int frameCount)
        && threadCount is >= 1 and <= 10_000
        && frameCount is >= 4 and <= 10_000
            ? new Shape(threadCount, frameCount)
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Threads:N0} threads × {Frames:N0} frames");
}
