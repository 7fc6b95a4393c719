namespace Stackflare;

/// <summary>The probe, the native library that takes the stacks, is missing or cannot be loaded.</summary>
public sealed class ProbeException : StackflareException
{
    internal ProbeException(string problem, string remedy, Exception? innerException = null)
        : base(problem, remedy, innerException)
    {
    }
}
