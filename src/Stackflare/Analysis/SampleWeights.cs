namespace Stackflare.Analysis;

/// <summary>What the stacks of one dump weigh, in microseconds.</summary>
/// <param name="Begin">The time from the beginning to the dump before.</param>
/// <param name="End">The time from the beginning to this dump.</param>
/// <param name="OfThread">Returns the weight of a thread; 0 leaves it out.</param>
/// <param name="OfAsync">The weight of an async stack.</param>
/// <param name="OfNative">The weight of a thread that the runtime does not know; 0 leaves it out.</param>
internal sealed record SampleWeights(long Begin, long End, Func<DumpThread, long> OfThread, long OfAsync, long OfNative);
