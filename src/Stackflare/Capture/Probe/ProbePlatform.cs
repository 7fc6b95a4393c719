using System.Runtime.InteropServices;

namespace Stackflare.Capture.Probe;

/// <summary>The runtime identifiers of the probes. A process can load the probe for its own processor and C library.</summary>
internal static class ProbePlatform
{
    /// <summary>The identifier for a process on the current processor.</summary>
    public static string For(bool isMusl) => (isMusl ? "linux-musl-" : "linux-") + Name(RuntimeInformation.ProcessArchitecture);

    /// <summary>A processor's name as in runtime identifiers.</summary>
    public static string Name(Architecture processor) => processor.ToString().ToLowerInvariant();
}
