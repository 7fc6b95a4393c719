namespace Stackflare.Bench.Measures;

/// <summary>What a program with Stackflare costs more than one without, while nobody asks for a dump. Memory is the median's difference.</summary>
/// <param name="What">What it has of Stackflare.</param>
/// <param name="ResidentMegabytes">Resident memory.</param>
/// <param name="ProportionalMegabytes">The proportional share of it.</param>
/// <param name="PrivateMegabytes">The memory that is the process's alone.</param>
/// <param name="NoiseMegabytes">How far apart the private memory of two programs without a trap was, at most.</param>
/// <param name="Threads">The kernel's names of the threads that there are more.</param>
/// <param name="WakeUps">How much more often the programs' threads, all of them, were woken in the window; all pairs together.</param>
/// <param name="CpuMilliseconds">How much more processor time they used in it; all pairs together.</param>
/// <param name="StartUpCpuMilliseconds">Processor time that a program with a trap had used more when the window began.</param>
/// <param name="Window">How long they were watched.</param>
internal sealed record IdleResult(
    string What,
    double ResidentMegabytes,
    double ProportionalMegabytes,
    double PrivateMegabytes,
    double NoiseMegabytes,
    IReadOnlyList<string> Threads,
    long WakeUps,
    double CpuMilliseconds,
    double StartUpCpuMilliseconds,
    TimeSpan Window);
