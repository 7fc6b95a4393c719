namespace Stackflare;

/// <summary>A snapshot is damaged, truncated, of a version that this build cannot read, or cannot be opened.</summary>
public sealed class SnapshotFormatException : StackflareException
{
    internal SnapshotFormatException(string problem, Exception? innerException = null)
        : base(StackflareError.InvalidSnapshot, $"The snapshot cannot be read: {problem}.", "Take it again. If it was saved to a file, check that the copy of the file is complete.", innerException)
    {
    }
}
