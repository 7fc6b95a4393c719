using Stackflare.Interop;

namespace Stackflare.Cli;

/// <summary>The probes inside of the tool: for its own processor, one for each C library that it was built with.</summary>
internal static class EmbeddedProbe
{
    /// <summary>The probe for a runtime identifier; null if the tool does not contain it.</summary>
    public static ReadOnlyMemory<byte>? Find(string platform)
    {
        Stream? resource = typeof(EmbeddedProbe).Assembly.GetManifestResourceStream("probe/" + platform);
        // It is part of the executable, so it is not copied.
        return resource is UnmanagedMemoryStream stream ? UnmanagedMemory.RestOf(stream) : default(ReadOnlyMemory<byte>?); // "null" would be empty memory
    }
}
