using Stackflare.Signals.Outputs;

namespace Stackflare;

/// <summary>
/// Where a dump goes. Immutable and safe to use from any thread. A dump is rendered to memory before its first byte goes out, and one
/// output at a time writes, so that two dumps never mix. A reader that has not taken a dump after five seconds is given up.
/// </summary>
public abstract class DumpOutput
{
    private protected DumpOutput()
    {
    }

    /// <summary>
    /// Standard error: descriptor 2 itself rather than <see cref="Console.Error"/>, whose lock a thread that hangs may hold.
    /// </summary>
    public static DumpOutput StandardError { get; } = new StandardErrorOutput();

    /// <summary>
    /// A file. A dump is appended whole or not at all: if it cannot be written to the end, the file gets its earlier length back, and
    /// a new file is removed. New files can be read by their owner alone. A symbolic link, anything that is not a regular file and
    /// a file of another user are refused.
    /// </summary>
    /// <param name="pattern">
    /// The path, in which <c>{pid}</c> stands for the process id and <c>{time}</c> for the time of the dump in UTC
    /// (<c>20261122T173500.123Z</c>). A relative path is taken from the current directory at this call. The directory must exist.
    /// </param>
    /// <exception cref="ArgumentException">The pattern is empty, is no path, or has another word in braces.</exception>
    public static DumpOutput File(string pattern) => new FileOutput(pattern);

    /// <summary>A delegate that gets the dump as objects; the format is of no account then.</summary>
    /// <param name="receiver">
    /// Called on the thread that takes the dump, which takes no other until it returns. What it throws becomes an
    /// <see cref="OutputException"/>.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="receiver"/> is null.</exception>
    public static DumpOutput To(Action<ThreadDump> receiver) => new ReceiverOutput(receiver);

    /// <summary>Writes a dump.</summary>
    /// <exception cref="OutputException">It could not be written.</exception>
    internal abstract void Write(ThreadDump dump, DumpFormat format, RenderOptions options);

    /// <summary>Looks, without writing, for what would make every <see cref="Write"/> fail; for the time of registration.</summary>
    /// <exception cref="OutputException">Such a thing was found.</exception>
    internal virtual void Validate()
    {
    }
}
