using Stackflare.Model;

namespace Stackflare;

/// <summary>A core file is damaged, cut short, or lacks the memory that is needed; or the file is not a core.</summary>
public sealed class CoreFileException : StackflareException
{
    internal CoreFileException(string file, string reason, string remedy, Exception? innerException = null)
        : base(StackflareError.InvalidCore, $"The core file '{EscapedText.Plain(file)}' cannot be read: {reason}.", remedy, innerException)
    {
    }
}
