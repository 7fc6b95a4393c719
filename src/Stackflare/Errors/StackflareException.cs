using System.Globalization;

namespace Stackflare;

/// <summary>
/// Base class of all errors that Stackflare raises. <see cref="Error"/> is the kind; the message says what went wrong and then what to do.
/// Errors that a program may want to handle separately, or that have data, have their own types.
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

    /// <summary>The kind of error.</summary>
    public StackflareError Error { get; }

    /// <summary>What went wrong, in one sentence.</summary>
    public string Problem { get; }

    /// <summary>What to do, in one or two sentences.</summary>
    public string Remedy { get; }

    internal static StackflareException NoSuchProcess(string problem) =>
        new(StackflareError.NoSuchProcess, problem, "Name a running process.");

    internal static StackflareException AnotherUser(int pid, uint user) => new(
        StackflareError.AccessDenied, string.Create(CultureInfo.InvariantCulture, $"Process {pid} belongs to another user (uid {user})."), "Run as that user, or as root.");

    internal static StackflareException MoreRights(int pid) => new(
        StackflareError.AccessDenied,
        string.Create(CultureInfo.InvariantCulture, $"Process {pid} has capabilities that this process does not have, so the kernel hides it."),
        "Run as root, with CAP_SYS_PTRACE in a container.");

    /// <param name="problem">A sentence without its full stop.</param>
    /// <param name="remedy">What to do.</param>
    /// <param name="errorCode">The runtime's code; 0 if there is none.</param>
    internal static StackflareException CaptureFailed(string problem, string remedy, int errorCode) =>
        errorCode == 0
            ? new(StackflareError.CaptureFailed, $"{problem}.", remedy)
            : new(StackflareError.CaptureFailed, $"{problem} (0x{errorCode:X8}).", remedy) { HResult = errorCode };
}
