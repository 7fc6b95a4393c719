namespace Stackflare.Bench.Tools;

/// <summary>One run of a program, from its start to its exit.</summary>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="CpuMilliseconds">Its processor time.</param>
/// <param name="PeakMegabytes">The most memory that it had resident.</param>
/// <param name="PageFaults">Pages of memory that it touched for the first time.</param>
/// <param name="Reads">System calls by which it read files, pipes and sockets.</param>
/// <param name="ExitCode">What it ended with.</param>
/// <param name="Lines">Lines that it printed.</param>
/// <param name="Bytes">Bytes that it printed.</param>
/// <param name="Marks">How often the mark of a thread is among them.</param>
/// <param name="Errors">What it said on stderr.</param>
internal sealed record ToolSample(
    double Milliseconds, double CpuMilliseconds, double PeakMegabytes, int PageFaults, int Reads, int ExitCode, int Lines, int Bytes, int Marks, string Errors);
