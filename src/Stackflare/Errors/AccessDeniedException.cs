using System.Globalization;

namespace Stackflare;

/// <summary>The process belongs to another user, or has rights that we do not have.</summary>
public sealed class AccessDeniedException : StackflareException
{
    internal AccessDeniedException(int pid, uint user)
        : base(string.Create(CultureInfo.InvariantCulture, $"Process {pid} belongs to another user (uid {user})."), "Run as that user, or as root.")
    {
    }

    internal AccessDeniedException(int pid)
        : base(
            string.Create(CultureInfo.InvariantCulture, $"Process {pid} has capabilities that this one has not, and the kernel hides it."),
            "Run as root, with CAP_SYS_PTRACE in a container.")
    {
    }
}
