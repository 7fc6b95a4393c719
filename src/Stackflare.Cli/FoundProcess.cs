namespace Stackflare.Cli;

/// <summary>A process that can be dumped.</summary>
internal sealed record FoundProcess(int Pid, string Name, Version? Runtime, uint User, TimeSpan? Uptime, int Threads, string CommandLine);
