using System.Runtime.InteropServices;

namespace Stackflare.Capture.Probe;

/// <summary>The runtime identifiers that probes are built for and packed by: a process can load the one of its processor and C library.</summary>
internal static class ProbePlatform
{
    /// <summary>That of a process on our own processor.</summary>
    public static string For(bool isMusl) => (isMusl ? "linux-musl-" : "linux-") + Name(RuntimeInformation.ProcessArchitecture);

    /// <summary>A processor's name as runtime identifiers have it.</summary>
    public static string Name(Architecture processor) => processor.ToString().ToLowerInvariant();
}
