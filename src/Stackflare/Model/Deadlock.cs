namespace Stackflare;

/// <summary>
/// Threads that wait for each other in a circle, without a time limit: none of them will ever go on. Immutable.
/// </summary>
/// <param name="Steps">The circle: each step's thread waits for the next one's, the last one's for the first.</param>
/// <param name="Behind">Further threads that wait for one in the circle, directly or through others, in the order of the dump.</param>
public sealed partial record Deadlock(IReadOnlyList<DeadlockStep> Steps, IReadOnlyList<DumpThread> Behind);
