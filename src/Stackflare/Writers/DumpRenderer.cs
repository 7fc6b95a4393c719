using Stackflare.Writers.Profiles;

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
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, PooledBytes bytes) =>
        DumpFormats.Row(format).Write(dump, options, bytes);

    /// <summary>Writes samples to memory as UTF-8, in one of the formats that add them up.</summary>
    public static void Write(StackSamples samples, DumpFormat format, PooledBytes bytes)
    {
        if (DumpFormats.Row(format).WriteSamples is not { } write)
            throw new ArgumentOutOfRangeException(nameof(format), format, "The format is not one that adds up samples.");
        write(samples, bytes);
    }
}
