using System.Globalization;
using Stackflare.Interop;

namespace Stackflare.Capture;

/// <summary>A file that is in no directory. Others reach it through our /proc for as long as we live.</summary>
internal sealed class MemoryFile
{
    private readonly int _descriptor;

    private MemoryFile(int descriptor) => _descriptor = descriptor;

    /// <summary>Null where the kernel has no such files, or forbids to execute them.</summary>
    public static MemoryFile? Create(ReadOnlySpan<byte> content)
    {
        int descriptor = Posix.CreateMemoryFile("stackflare");
        if (descriptor < 0)
            return null;
        for (ReadOnlySpan<byte> rest = content; !rest.IsEmpty;)
        {
            nint written = Posix.Write(descriptor, rest);
            if (written <= 0)
            {
                Posix.Close(descriptor);
                return null;
            }
            rest = rest[(int)written..];
        }
        return new MemoryFile(descriptor);
    }

    /// <summary>The path by which others open it, until it is cleaned up.</summary>
    public string PathFor(List<Action> cleanup)
    {
        cleanup.Add(() => Posix.Close(_descriptor));
        return string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{_descriptor}");
    }
}
