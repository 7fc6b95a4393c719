namespace Stackflare;

/// <summary>
/// Threads that wait for each other in a cycle, without a time limit. They never continue. Immutable.
/// </summary>
/// <param name="Steps">The cycle: each step's thread waits for the thread of the next step, the last one for the first.</param>
/// <param name="Behind">Other threads that wait for a thread of the cycle, directly or indirectly, in the order of the dump.</param>
public sealed partial record Deadlock(IReadOnlyList<DeadlockStep> Steps, IReadOnlyList<DumpThread> Behind);
