namespace Stackflare;

/// <summary>A place in the program that a <see cref="Finding"/> is about. Immutable.</summary>
/// <param name="Frame">The frame: for a thread, the innermost of the program's own code; for an async stack, the method at its <c>await</c>.</param>
/// <param name="Count">How many of the finding's threads or async stacks are at this place.</param>
public sealed record FindingFrame(DumpFrame Frame, int Count);
