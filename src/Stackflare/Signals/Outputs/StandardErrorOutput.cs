using System.Text;
using Stackflare.Interop;
using Stackflare.Model;
using Stackflare.Writers;

namespace Stackflare.Signals.Outputs;

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
            Validate();
            int error = DescriptorWriter.WriteAll(descriptor, bytes.Written, limit ?? DescriptorWriter.DefaultLimit, out _);
            if (error != 0)
                throw OutputErrors.Of(Place, error);
        });
    }

    internal override void Validate()
    {
        if (IsClosed(descriptor))
            throw OutputErrors.Of(Place, Posix.EBADF);
    }

    /// <summary>
    /// Whether the descriptor is none, or one that is closed when another program is run. Standard error is inherited or was put
    /// under its number by <c>dup2</c>, and neither can be so marked: if it is, the program was started without one, and
    /// its runtime or a library has since opened something else that got the number. Bytes written to that could do harm.
    /// </summary>
    private static bool IsClosed(int descriptor) =>
        Posix.DescriptorFlags(descriptor) is var flags && (flags < 0 || (descriptor == StandardErrorDescriptor && (flags & Posix.FD_CLOEXEC) != 0));

    /// <summary>
    /// Writes a line to standard error as well as can be; false if it could not be written. Never throws, and does not wait for a dump
    /// that is being written: dumps go out in whole lines.
    /// </summary>
    internal static bool TryWriteLine(string line) => TryWriteLine(line, StandardErrorDescriptor);

    internal static bool TryWriteLine(string line, int descriptor)
    {
        try
        {
            if (IsClosed(descriptor))
                return false;
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
