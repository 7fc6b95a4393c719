namespace Stackflare;

/// <summary>The process that a dump is of.</summary>
public sealed class DumpedProcess
{
    /// <summary>The process id, as whoever took the dump sees it.</summary>
    public required int Id { get; init; }

    /// <summary>The program's name: the entry assembly's where it is known, else the executable's.</summary>
    public required string Name { get; init; }

    /// <summary>The runtime's version, for example <c>10.0.12</c>; null where it is not known because the runtime did not answer.</summary>
    public required Version? RuntimeVersion { get; init; }

    /// <summary>Operating system and processor, for example <c>linux-x64</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>How long the process has run; null where the kernel did not say.</summary>
    public TimeSpan? Uptime { get; init; }
}
