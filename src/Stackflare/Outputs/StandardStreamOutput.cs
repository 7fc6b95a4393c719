using System.Text;
using Stackflare.Interop;
using Stackflare.Model;
using Stackflare.Writers;

namespace Stackflare.Outputs;

/// <summary>An open descriptor that this class does not own: standard error, standard output, or a test's pipe.</summary>
internal sealed class StandardStreamOutput(int descriptor = StandardStreamOutput.StandardErrorDescriptor, TimeSpan? limit = null) : DumpOutput
{
    internal const int StandardOutputDescriptor = 1;
    private const int StandardErrorDescriptor = 2;

    private string Name => descriptor == StandardOutputDescriptor ? "Standard output" : "Standard error";

    // A line is less important than a dump: it may report that the dump took too long.
    private static readonly TimeSpan LineLimit = TimeSpan.FromSeconds(1);

    public override string ToString() => descriptor == StandardOutputDescriptor ? "standard output" : "standard error";

    internal override void Write(ThreadDump dump, DumpFormat format, RenderOptions options)
    {
        using var bytes = new PooledBytes();
        DumpRenderer.Write(dump, format, options, bytes);
        DescriptorWriter.RunExclusive(Name, () =>
        {
            Validate();
            int error = DescriptorWriter.WriteAll(descriptor, bytes.Written, limit ?? DescriptorWriter.DefaultLimit, out _);
            if (error != 0)
                throw OutputErrors.Create(Name, error);
        });
    }

    internal override void Validate()
    {
        if (IsClosed(descriptor))
            throw OutputErrors.Create(Name, Posix.EBADF);
    }

    /// <summary>
    /// Whether the descriptor is closed, or is marked close-on-exec. Standard streams are inherited or were set
    /// with <c>dup2</c>, and neither sets that mark. If one is marked, the program was started without it, and
    /// its runtime or a library has opened something else with the same number. Writing to that could do damage.
    /// </summary>
    private static bool IsClosed(int descriptor) =>
        Posix.DescriptorFlags(descriptor) is var flags && (flags < 0 || (descriptor is StandardOutputDescriptor or StandardErrorDescriptor && (flags & Posix.FD_CLOEXEC) != 0));

    /// <summary>
    /// Tries to write a line to standard error; false if that failed. Never throws, and does not wait for a dump
    /// that is being written: dumps are written in whole lines.
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
            // Errors are reported here, so this one cannot be reported.
            return false;
        }
    }
}
