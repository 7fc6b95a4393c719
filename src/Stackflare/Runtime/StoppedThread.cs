using Stackflare.Runtime.Stacks;

namespace Stackflare.Runtime;

/// <summary>What is known of a thread of the process from outside.</summary>
/// <param name="Registers">Its registers; null if its stack may change while it is walked, so that it is not walked.</param>
/// <param name="CpuTime">Processor time used; null if not known.</param>
internal sealed record StoppedThread(Registers? Registers, TimeSpan? CpuTime)
{
    /// <summary>Whether it certainly slept in a system call.</summary>
    public bool IsAsleep { get; init; }
}
