namespace Stackflare.Rendering;

/// <summary>
/// Writes a thread dump in a format. Works on the calling thread alone, without thread pool, timers or the console, because the
/// program whose dump it is may be out of all of them.
/// </summary>
internal static class DumpRenderer
{
    /// <summary>Writes the dump to a writer, which is neither flushed nor closed.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, TextWriter writer)
    {
        if (format is DumpFormat.Json)
        {
            using var bytes = new PooledBytes();
            JsonRenderer.Write(dump, bytes);
            bytes.CopyTo(writer);
        }
        else
        {
            WriteText(dump, format, options, writer);
        }
    }

    /// <summary>Writes the dump as UTF-8.</summary>
    public static void Write(ThreadDump dump, DumpFormat format, RenderOptions options, PooledBytes bytes)
    {
        if (format is DumpFormat.Json)
        {
            JsonRenderer.Write(dump, bytes);
        }
        else
        {
            using var writer = new Utf8Writer(bytes);
            WriteText(dump, format, options, writer);
        }
    }

    private static void WriteText(ThreadDump dump, DumpFormat format, RenderOptions options, TextWriter writer)
    {
        switch (format)
        {
            case DumpFormat.Text: TextRenderer.Write(dump, options, writer); break;
            case DumpFormat.Traceback: TracebackRenderer.Write(dump, options, writer); break;
            default: throw new ArgumentOutOfRangeException(nameof(format), format, "The format is not one of DumpFormat.");
        }
    }
}
