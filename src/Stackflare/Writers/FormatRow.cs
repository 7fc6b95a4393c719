using Stackflare.Writers.Profiles;
using Stackflare.Writers.Text;

namespace Stackflare.Writers;

/// <summary>One format: its name and its writer.</summary>
internal sealed class FormatRow
{
    /// <summary>A format in which each dump is a separate output.</summary>
    /// <param name="format">The format.</param>
    /// <param name="name">Its name on the command line and in environment variables.</param>
    /// <param name="extension">The extension of its files, with the dot.</param>
    /// <param name="write">Writes a dump as UTF-8.</param>
    public FormatRow(DumpFormat format, string name, string extension, Action<ThreadDump, RenderOptions, TextStyle, PooledBytes> write) =>
        (Format, Name, Extension, Write) = (format, name, extension, write);

    /// <summary>A format in which several dumps add up to one output.</summary>
    /// <param name="format">The format.</param>
    /// <param name="name">Its name on the command line and in environment variables.</param>
    /// <param name="extension">The extension of its files, with the dot.</param>
    /// <param name="writeSamples">Writes the sum as UTF-8.</param>
    public FormatRow(DumpFormat format, string name, string extension, Action<StackSamples, PooledBytes> writeSamples)
        : this(format, name, extension, (dump, options, _, bytes) =>
        {
            using var samples = new StackSamples(options);
            samples.Add(dump);
            writeSamples(samples, bytes);
        }) => WriteSamples = writeSamples;

    public DumpFormat Format { get; }

    public string Name { get; }

    public string Extension { get; }

    public Action<ThreadDump, RenderOptions, TextStyle, PooledBytes> Write { get; }

    /// <summary>Null if the format does not add up dumps.</summary>
    public Action<StackSamples, PooledBytes>? WriteSamples { get; }

    public bool AddsUp => WriteSamples is not null;
}
