using Stackflare.Model;

namespace Stackflare;

/// <summary>A snapshot is damaged, truncated, of a version that this build cannot read, or cannot be opened.</summary>
public sealed class SnapshotFormatException : StackflareException
{
    private readonly string _reason;

    internal SnapshotFormatException(string reason, Exception? innerException = null)
        : this("The snapshot", reason, innerException)
    {
    }

    private SnapshotFormatException(string subject, string reason, Exception? innerException)
        : base(StackflareError.InvalidSnapshot, $"{subject} cannot be read: {reason}.", "Take it again. If it was saved to a file, check that the copy of the file is complete.", innerException) =>
        _reason = reason;

    /// <summary>The same error, for a snapshot in a file.</summary>
    internal SnapshotFormatException Of(string file) => new($"The snapshot '{EscapedText.Plain(file)}'", _reason, this);
}
