using System.Globalization;

namespace Stackflare;

/// <summary>
/// Every error that Stackflare raises itself. <see cref="Error"/> tells them apart; the message says what went wrong and ends with what to do about it.
/// Those that a program may want to handle in a way of its own, or that have data, are types of their own.
/// </summary>
public class StackflareException : Exception
{
    internal StackflareException(StackflareError error, string problem, string remedy, Exception? innerException = null)
        : base($"{problem} {remedy}", innerException)
    {
        Error = error;
        Problem = problem;
        Remedy = remedy;
    }

    /// <summary>What went wrong.</summary>
    public StackflareError Error { get; }

    /// <summary>What went wrong, a sentence.</summary>
    public string Problem { get; }

    /// <summary>What to do about it, a sentence or two.</summary>
    public string Remedy { get; }

    internal static StackflareException NoSuchProcess(string problem) =>
        new(StackflareError.NoSuchProcess, problem, "Name a process that runs.");

    internal static StackflareException AnotherUser(int pid, uint user) => new(
        StackflareError.AccessDenied, string.Create(CultureInfo.InvariantCulture, $"Process {pid} belongs to another user (uid {user})."), "Run as that user, or as root.");

    internal static StackflareException MoreRights(int pid) => new(
        StackflareError.AccessDenied,
        string.Create(CultureInfo.InvariantCulture, $"Process {pid} has capabilities that this one has not, and the kernel hides it."),
        "Run as root, with CAP_SYS_PTRACE in a container.");

    /// <param name="problem">A sentence without its full stop.</param>
    /// <param name="remedy">What to do.</param>
    /// <param name="errorCode">The runtime's code; 0 for none.</param>
    internal static StackflareException CaptureFailed(string problem, string remedy, int errorCode) =>
        errorCode == 0
            ? new(StackflareError.CaptureFailed, $"{problem}.", remedy)
            : new(StackflareError.CaptureFailed, $"{problem} (0x{errorCode:X8}).", remedy) { HResult = errorCode };
}
