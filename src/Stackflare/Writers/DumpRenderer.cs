using Stackflare.Writers.Json;
using Stackflare.Writers.Profiles;
using Stackflare.Writers.Text;

namespace Stackflare.Writers;

/// <summary>
/// Writes a thread dump in a format. Works on the calling thread alone, without thread pool, timers or the console, because the
/// program whose dump it is may be out of all of them.
/// </summary>
internal static class DumpRenderer
{
    /// <summary>Writes the dump to a writer, which is neither flushed nor closed. Nothing is written if rendering fails.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, TextWriter writer)
    {
        using var bytes = new PooledBytes();
        Write(dump, format, options, bytes);
        bytes.CopyTo(writer);
    }

    /// <summary>Writes the dump to memory as UTF-8.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, PooledBytes bytes)
    {
        switch (format)
        {
            case DumpFormat.Text: TextRenderer.Write(dump, options, bytes); break;
            case DumpFormat.Traceback: TracebackRenderer.Write(dump, options, bytes); break;
            case DumpFormat.Json: JsonRenderer.Write(dump, bytes); break;
            case DumpFormat.Folded or DumpFormat.Speedscope: Write(Single(dump, options), format, bytes); break;
            default: throw new ArgumentOutOfRangeException(nameof(format), format, "The format is not one of DumpFormat.");
        }
    }

    /// <summary>Writes samples to a writer, which is neither flushed nor closed. Nothing is written if rendering fails.</summary>
    public static void Write(StackSamples samples, DumpFormat format, TextWriter writer)
    {
        using var bytes = new PooledBytes();
        Write(samples, format, bytes);
        bytes.CopyTo(writer);
    }

    /// <summary>Writes samples to memory as UTF-8, in one of the formats that add them up.</summary>
    public static void Write(StackSamples samples, DumpFormat format, PooledBytes bytes)
    {
        switch (format)
        {
            case DumpFormat.Folded: FoldedRenderer.Write(samples, bytes); break;
            case DumpFormat.Speedscope: SpeedscopeRenderer.Write(samples, bytes); break;
            default: throw new ArgumentOutOfRangeException(nameof(format), format, "The format is not one that adds up samples.");
        }
    }

    private static StackSamples Single(ThreadDump dump, RenderOptions options)
    {
        var samples = new StackSamples(options);
        samples.Add(dump);
        return samples;
    }
}
