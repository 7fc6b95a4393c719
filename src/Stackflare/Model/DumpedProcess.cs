namespace Stackflare;

/// <summary>The dumped process.</summary>
public sealed class DumpedProcess
{
    /// <summary>The process id, in the pid namespace of the process that took the dump.</summary>
    public required int Id { get; init; }

    /// <summary>The program's name: the entry assembly's if known, otherwise the executable's.</summary>
    public required string Name { get; init; }

    /// <summary>The runtime's version, for example <c>10.0.12</c>; null if the runtime did not answer.</summary>
    public required Version? RuntimeVersion { get; init; }

    /// <summary>Operating system and processor, for example <c>linux-x64</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>How long the process has run; null if the kernel does not provide it.</summary>
    public TimeSpan? Uptime { get; init; }
}
