using System.Text;
using Stackflare.Interop;
using Stackflare.Rendering;

namespace Stackflare.Triggers.Output;

/// <summary>A descriptor that somebody else opened: standard error, or a test's pipe in its place.</summary>
internal sealed class StandardErrorOutput(int descriptor = StandardErrorOutput.StandardErrorDescriptor, TimeSpan? limit = null) : DumpOutput
{
    private const int StandardErrorDescriptor = 2;
    private const string Place = "Standard error";

    // A line is worth less waiting than a dump: it may be the news that the dump took too long.
    private static readonly TimeSpan LineLimit = TimeSpan.FromSeconds(1);

    internal override void Write(ThreadDump dump, DumpFormat format, RenderOptions options)
    {
        using var bytes = new PooledBytes();
        DumpRenderer.Write(dump, format, options, bytes);
        DescriptorWriter.Alone(Place, () =>
        {
            int error = DescriptorWriter.WriteAll(descriptor, bytes.Written, limit ?? DescriptorWriter.DefaultLimit, out _);
            if (error != 0)
                throw OutputErrors.Of(Place, error);
        });
    }

    internal override void Validate()
    {
        if (Posix.Status(descriptor, out _) == -Posix.EBADF)
            throw OutputErrors.Of(Place, Posix.EBADF);
    }

    /// <summary>
    /// Writes a line to standard error as well as can be; false if it could not be written. Never throws, and does not wait for a dump
    /// that is being written: dumps go out in whole lines.
    /// </summary>
    internal static bool TryWriteLine(string line) => TryWriteLine(line, StandardErrorDescriptor);

    internal static bool TryWriteLine(string line, int descriptor)
    {
        try
        {
            byte[] bytes = Encoding.UTF8.GetBytes(EscapedText.Plain(line) + "\n");
            return DescriptorWriter.WriteAll(descriptor, bytes, LineLimit, out _) == 0;
        }
        catch (Exception)
        {
            // This is where errors are reported; there is nobody left to tell.
            return false;
        }
    }
}
