namespace Stackflare;

/// <summary>
/// The base of every error that Stackflare raises itself. The message says what went wrong and ends with what to do about it.
/// </summary>
public abstract class StackflareException : Exception
{
    private protected StackflareException(string problem, string remedy, Exception? innerException = null)
        : base($"{problem} {remedy}", innerException)
    {
        Problem = problem;
        Remedy = remedy;
    }

    /// <summary>What went wrong, a sentence.</summary>
    public string Problem { get; }

    /// <summary>What to do about it, a sentence or two.</summary>
    public string Remedy { get; }
}
