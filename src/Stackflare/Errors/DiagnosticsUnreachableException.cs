namespace Stackflare;

/// <summary>The runtime's diagnostics port cannot be found or does not answer a connection.</summary>
public sealed class DiagnosticsUnreachableException : StackflareException
{
    internal DiagnosticsUnreachableException(string problem, string remedy, Exception? innerException = null)
        : base(problem, remedy, innerException)
    {
    }
}
