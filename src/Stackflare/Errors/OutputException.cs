namespace Stackflare;

/// <summary>
/// A dump could not be written to its output. A file is then unchanged; on standard error, a part may have been written.
/// </summary>
public sealed class OutputException : StackflareException
{
    internal OutputException(string problem, string remedy, Exception? innerException = null)
        : base(StackflareError.OutputFailed, problem, remedy, innerException)
    {
    }
}
