namespace Stackflare;

/// <summary>A line of the diagnosis: something that is wrong, or looks so, with what speaks for it. Immutable.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Summary">What it is, in a sentence without a full stop.</param>
/// <param name="Evidence">What speaks for it, a line each; at least one.</param>
/// <param name="Threads">The threads concerned, in the order of the dump.</param>
public sealed record Finding(FindingKind Kind, string Summary, IReadOnlyList<string> Evidence, IReadOnlyList<DumpThread> Threads);
