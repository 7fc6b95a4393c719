using Stackflare.Analysis;

namespace Stackflare.Writers.Profiles;

/// <summary>A format of recordings: the formats that add up dumps, and those that are not text.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Extension">The extension of its files, with the dot.</param>
/// <param name="Write">Writes a recording.</param>
internal sealed record RecordingFormat(string Name, string Extension, Action<StackSamples, RecordingMode, PooledBytes> Write)
{
    /// <summary>The formats, in the order of display.</summary>
    public static IReadOnlyList<RecordingFormat> All { get; } =
    [
        .. DumpFormats.All.Where(static f => f.AddsUp).Select(static f => new RecordingFormat(f.Name, f.Extension, (samples, _, bytes) => f.WriteSamples!(samples, bytes)) { ShowsIdle = f.ShowsIdle }),
        new("pprof", ".pb.gz", static (samples, mode, bytes) => PprofRenderer.Write(samples, mode switch { RecordingMode.Cpu => "cpu", RecordingMode.Blocked => "blocked", _ => "wall" }, bytes)),
    ];

    /// <summary>Whether the reader can have the stacks of what <see cref="StackSamples"/> leaves out.</summary>
    public bool ShowsIdle { get; private init; }

    /// <summary>Finds a format by name, ignoring case; null if there is none.</summary>
    public static RecordingFormat? Named(string name) => All.FirstOrDefault(f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Finds the format of a file by its extension; null if there is none.</summary>
    public static RecordingFormat? Of(string file) => All.FirstOrDefault(f => file.EndsWith(f.Extension, StringComparison.OrdinalIgnoreCase));
}
