using System.Text;
using Stackflare.Model;

namespace Stackflare;

/// <summary>
/// A line of the diagnosis: something that is wrong, or may be wrong, with its evidence: sentences for people, and threads, locks, frames and counts
/// for programs. Names in the sentences are not escaped. <see cref="ToString"/> escapes them; use it for logs. Immutable.
/// </summary>
/// <param name="Kind">The kind of problem.</param>
/// <param name="Summary">The problem, in one sentence without a full stop.</param>
/// <param name="Evidence">The evidence, one line each; at least one.</param>
/// <param name="Threads">The affected threads, in the order of the dump.</param>
public sealed record Finding(FindingKind Kind, string Summary, IReadOnlyList<string> Evidence, IReadOnlyList<DumpThread> Threads)
{
    /// <summary>
    /// Number of affected threads; for <see cref="FindingKind.AsyncCycle"/> and <see cref="FindingKind.ManyAsyncAlike"/>, of async stacks; for
    /// <see cref="FindingKind.SemaphoreNotReleased"/> and <see cref="FindingKind.HostStopping"/>, of both.
    /// </summary>
    public int Count { get; init; } = Threads.Count;

    /// <summary>The affected locks, each once; empty if the finding is not about locks.</summary>
    public IReadOnlyList<DumpLock> Locks { get; init; } = [];

    /// <summary>
    /// Where the affected threads or methods are in the program: for a cycle in its order, otherwise the most frequent place first. Threads without a
    /// frame of the program's own code are not included.
    /// </summary>
    public IReadOnlyList<FindingFrame> Frames { get; init; } = [];

    /// <summary>
    /// The summary, and below it one line for each piece of evidence, indented by two spaces. Names of the program are escaped, so that they cannot
    /// fake a line. Each line is cut after 4,096 characters, with a count of the rest.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder(EscapedText.Plain(Summary));
        foreach (string line in Evidence)
            text.Append("\n  ").Append(EscapedText.Plain(line));
        return text.ToString();
    }
}
