using System.Globalization;

namespace Stackflare;

/// <summary>The process belongs to another user.</summary>
public sealed class AccessDeniedException : StackflareException
{
    internal AccessDeniedException(int pid, uint? user = null)
        : base(
            string.Create(CultureInfo.InvariantCulture, $"Process {pid} belongs to another user{(user is { } id ? $" (uid {id})" : "")}."),
            "Run as that user, or as root.")
    {
    }
}
