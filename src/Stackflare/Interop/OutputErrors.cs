using System.Runtime.InteropServices;

namespace Stackflare.Interop;

/// <summary>Describes the errors of an output, with remedies.</summary>
internal static class OutputErrors
{
    /// <param name="output">What cannot be written, as the beginning of a sentence: <c>The file '/x'</c>.</param>
    /// <param name="error">The errno.</param>
    public static OutputException Create(string output, int error) => new($"{output} cannot be written: {Reason(error)}.", Remedy(error));

    private static string Reason(int error) => error switch
    {
        Posix.ETIMEDOUT => "its reader did not read the dump in time",
        Posix.EBADF => "it is closed",
        Posix.EPIPE => "its reader has closed it",
        Posix.ELOOP => "it is a symbolic link",
        // A FIFO without a reader.
        Posix.ENXIO => "it is not a regular file",
        _ => Marshal.GetPInvokeErrorMessage(error),
    };

    private static string Remedy(int error) => error switch
    {
        Posix.ETIMEDOUT or Posix.EBADF or Posix.EPIPE => "Write dumps to a file, or make sure that a program reads the other end.",
        Posix.ELOOP => "Name the file itself. Links are not followed, so that nobody can redirect a dump.",
        Posix.ENOSPC => "Free space there, or name a file on another file system.",
        Posix.EFBIG => "Name a new file, for example with {time} in its name, or raise the limit on file sizes.",
        Posix.ENOENT or Posix.ENOTDIR => "Create the directory first, or name a file in one that exists.",
        Posix.EISDIR or Posix.ENXIO => "Name a regular file or one that does not exist yet.",
        _ => "Give the process's user the right to write there, or name another file.",
    };
}
