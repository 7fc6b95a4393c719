namespace Stackflare.Writers.Profiles;

/// <summary>Consecutive samples in which a thread had the same stack.</summary>
/// <param name="Stack">The stack, by its number in <see cref="StackSamples.Stacks"/>.</param>
/// <param name="Count">Number of samples, or their weight.</param>
internal readonly record struct SampleRun(int Stack, long Count);
