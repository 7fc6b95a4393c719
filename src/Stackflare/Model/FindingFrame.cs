namespace Stackflare;

/// <summary>A place of the program that a <see cref="Finding"/> is about. Immutable.</summary>
/// <param name="Frame">The frame: of a thread the innermost of the program, of an async stack the method at its <c>await</c>.</param>
/// <param name="Count">How many of the finding's threads, or async stacks, are there.</param>
public sealed record FindingFrame(DumpFrame Frame, int Count);
