namespace Stackflare.Writers.Profiles;

/// <summary>A thread had the same stack in some samples, one after the other.</summary>
/// <param name="Stack">The stack, by its number in <see cref="StackSamples.Stacks"/>.</param>
/// <param name="Count">In how many samples.</param>
internal readonly record struct SampleRun(int Stack, int Count);
