using Stackflare.Writers.Profiles;
using Stackflare.Writers.Text;

namespace Stackflare.Writers;

/// <summary>One format: its name and its writer.</summary>
internal sealed class FormatRow
{
    private readonly bool _forPeople;

    /// <summary>A format in which each dump is a separate output.</summary>
    /// <param name="format">The format.</param>
    /// <param name="name">Its name on the command line and in environment variables.</param>
    /// <param name="extension">The extension of its files, with the dot.</param>
    /// <param name="mediaType">Its media type in HTTP.</param>
    /// <param name="write">Writes a dump as UTF-8.</param>
    public FormatRow(DumpFormat format, string name, string extension, string mediaType, Action<ThreadDump, RenderOptions, TextStyle, PooledBytes> write) =>
        (Format, Name, Extension, MediaType, Write) = (format, name, extension, mediaType, write);

    /// <summary>A format in which several dumps add up to one output.</summary>
    /// <param name="format">The format.</param>
    /// <param name="name">Its name on the command line and in environment variables.</param>
    /// <param name="extension">The extension of its files, with the dot.</param>
    /// <param name="mediaType">Its media type in HTTP.</param>
    /// <param name="writeSamples">Writes the sum as UTF-8.</param>
    /// <param name="forPeople">Whether the sum leaves out what the text formats leave out (<see cref="StackSamples"/>).</param>
    public FormatRow(DumpFormat format, string name, string extension, string mediaType, Action<StackSamples, PooledBytes> writeSamples, bool forPeople = false)
        : this(format, name, extension, mediaType, (dump, options, _, bytes) =>
        {
            using var samples = new StackSamples(options, forPeople: forPeople);
            samples.Add(dump);
            writeSamples(samples, bytes);
        }) => (WriteSamples, _forPeople) = (writeSamples, forPeople);

    public DumpFormat Format { get; }

    public string Name { get; }

    public string Extension { get; }

    /// <summary>Without parameters. Several formats can have the same one.</summary>
    public string MediaType { get; }

    /// <summary>The media type with the character set, if it is text. JSON is always UTF-8.</summary>
    public string ContentType => MediaType.StartsWith("text/", StringComparison.Ordinal) ? MediaType + "; charset=utf-8" : MediaType;

    public Action<ThreadDump, RenderOptions, TextStyle, PooledBytes> Write { get; }

    /// <summary>Null if the format does not add up dumps.</summary>
    public Action<StackSamples, PooledBytes>? WriteSamples { get; }

    public bool AddsUp => WriteSamples is not null;

    /// <summary>Whether the reader can have the stacks of what <see cref="StackSamples"/> leaves out.</summary>
    public bool ShowsIdle => Format is DumpFormat.Html;

    /// <summary>An empty sum for <see cref="WriteSamples"/>.</summary>
    /// <param name="options">How much is shown.</param>
    /// <param name="interval">The time from one dump to the next; null without a fixed interval.</param>
    public StackSamples NewSamples(RenderOptions options, TimeSpan? interval) => new(options, interval, forPeople: _forPeople) { KeepsIdle = ShowsIdle };
}
