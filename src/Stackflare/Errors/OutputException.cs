namespace Stackflare;

/// <summary>A dump could not be written to where it was to go. What was there before is as it was.</summary>
public sealed class OutputException : StackflareException
{
    internal OutputException(string problem, string remedy, Exception? innerException = null)
        : base(problem, remedy, innerException)
    {
    }
}
