using System.Text;
using Stackflare.Writers;
using Stackflare.Writers.Profiles;

namespace Stackflare.Tests.Writers;

internal static class Render
{
    public static readonly RenderOptions All = new() { ShowHidden = true };

    public static readonly RenderOptions Flat = new() { ShowHidden = true, FoldRecursion = false, GroupIdenticalStacks = false };

    public static string Text(ThreadDump dump, RenderOptions? options = null) => With(dump, DumpFormat.Text, options);

    public static string Traceback(ThreadDump dump, RenderOptions? options = null) => With(dump, DumpFormat.Traceback, options);

    public static string Json(ThreadDump dump, RenderOptions? options = null) => With(dump, DumpFormat.Json, options);

    public static string With(ThreadDump dump, DumpFormat format, RenderOptions? options = null)
    {
        using var writer = new StringWriter();
        DumpRenderer.Write(dump, format, options ?? RenderOptions.Default, writer);
        return writer.ToString();
    }

    public static string With(StackSamples samples, DumpFormat format)
    {
        using var bytes = new PooledBytes();
        DumpRenderer.Write(samples, format, bytes);
        return Encoding.UTF8.GetString(bytes.Written);
    }
}
