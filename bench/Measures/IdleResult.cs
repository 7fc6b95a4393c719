namespace Stackflare.Bench.Measures;

/// <summary>What a program with a trap costs more than one without, while nobody asks for a dump.</summary>
/// <param name="ResidentMegabytes">Median of the differences in resident memory.</param>
/// <param name="ProportionalMegabytes">The same of the proportional share.</param>
/// <param name="PrivateMegabytes">The same of memory that is the process's alone.</param>
/// <param name="NoiseMegabytes">How far apart the private memory of two programs without a trap was, at most.</param>
/// <param name="Threads">Threads more.</param>
/// <param name="ThreadNames">The kernel's names of them.</param>
/// <param name="WakeUps">How often those threads were woken in the window, all pairs together.</param>
/// <param name="OtherWakeUps">How much more often all other threads of the programs with a trap were woken, in all pairs together.</param>
/// <param name="CpuMilliseconds">Processor time of those threads in the window, all pairs together.</param>
/// <param name="StartUpCpuMilliseconds">Processor time that the program with a trap had used more when the window began.</param>
/// <param name="Window">How long they were watched.</param>
internal sealed record IdleResult(
    double ResidentMegabytes,
    double ProportionalMegabytes,
    double PrivateMegabytes,
    double NoiseMegabytes,
    double Threads,
    IReadOnlyList<string> ThreadNames,
    long WakeUps,
    long OtherWakeUps,
    double CpuMilliseconds,
    double StartUpCpuMilliseconds,
    TimeSpan Window);
