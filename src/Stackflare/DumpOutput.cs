using Stackflare.Outputs;

namespace Stackflare;

/// <summary>
/// Where dumps are written. Immutable and safe to use from any thread. A dump is rendered to memory before its first byte is written, and only one
/// output writes at a time, so that dumps never mix. A reader that has not read a dump within five seconds does not get it.
/// </summary>
public abstract class DumpOutput
{
    private protected DumpOutput()
    {
    }

    /// <summary>
    /// Standard error. Writes to descriptor 2 directly, because a thread that hangs may hold the lock of <see cref="Console.Error"/>.
    /// </summary>
    public static DumpOutput StandardError { get; } = new StandardStreamOutput();

    /// <summary>
    /// Standard output, descriptor 1. For programs that write nothing else to it: what <see cref="Console.Out"/> writes at the same time gets between the dumps.
    /// </summary>
    public static DumpOutput StandardOutput { get; } = new StandardStreamOutput(StandardStreamOutput.StandardOutputDescriptor);

    /// <summary>
    /// A file. A dump is appended completely or not at all: if writing fails, the file is cut to its previous length, and
    /// a new file is deleted. Only the owner can read new files. Symbolic links, files that are not regular and
    /// files of other users are refused.
    /// </summary>
    /// <param name="pattern">
    /// The path. <c>{pid}</c> is replaced by the process id and <c>{time}</c> by the time of the dump in UTC
    /// (<c>20261122T173500.123Z</c>). A relative path is resolved now, against the current directory. The directory must exist.
    /// </param>
    /// <exception cref="ArgumentException">The pattern is empty, is not a path, or has an unknown word in braces.</exception>
    public static DumpOutput File(string pattern) => new FileOutput(pattern);

    /// <summary>A file as <see cref="File(string)"/>, with a limit for the space that dumps take.</summary>
    /// <param name="pattern">The path.</param>
    /// <param name="rotation">How many files are kept, and how large one becomes.</param>
    /// <exception cref="ArgumentException">The pattern is empty, is not a path, or has an unknown word in braces.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="rotation"/> is null.</exception>
    public static DumpOutput File(string pattern, FileRotation rotation)
    {
        ArgumentNullException.ThrowIfNull(rotation);
        return new FileOutput(pattern, rotation);
    }

    /// <summary>Several outputs, one after the other. If one fails, the others are still written; the error is that of the first one that failed.</summary>
    /// <param name="outputs">The outputs, the most reliable one first.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="outputs"/> or one of them is null.</exception>
    public static DumpOutput All(params DumpOutput[] outputs) => new SeveralOutputs(outputs);

    /// <summary>A delegate that gets the dump as objects. The format is ignored.</summary>
    /// <param name="receiver">
    /// Called on the thread that takes the dump. That thread takes no other dump until the delegate returns. Exceptions of the delegate become an
    /// <see cref="OutputException"/>.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="receiver"/> is null.</exception>
    public static DumpOutput To(Action<ThreadDump> receiver) => new ReceiverOutput(receiver);

    /// <summary>Writes a dump.</summary>
    /// <exception cref="OutputException">The dump could not be written.</exception>
    internal abstract void Write(ThreadDump dump, DumpFormat format, RenderOptions options);

    /// <summary>Checks, without writing, for anything that would make every <see cref="Write"/> fail. Called at registration.</summary>
    /// <exception cref="OutputException">The output cannot be written.</exception>
    internal virtual void Validate()
    {
    }
}
