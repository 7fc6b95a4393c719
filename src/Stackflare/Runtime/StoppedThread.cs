using Stackflare.Runtime.Stacks;

namespace Stackflare.Runtime;

/// <summary>What is known of a thread of the process from outside.</summary>
/// <param name="Registers">Its registers.</param>
/// <param name="CpuTime">Processor time used; null if not known.</param>
internal sealed record StoppedThread(Registers Registers, TimeSpan? CpuTime);
