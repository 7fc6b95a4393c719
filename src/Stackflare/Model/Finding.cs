using System.Text;
using Stackflare.Model;

namespace Stackflare;

/// <summary>
/// A line of the diagnosis: something that is wrong, or looks so, with what speaks for it: as sentences for people, and as the threads, locks, frames and counts behind them for programs.
/// The sentences have names out of the program as they are; <see cref="ToString"/> escapes them, and is what to log. Immutable.
/// </summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Summary">What it is, in a sentence without a full stop.</param>
/// <param name="Evidence">What speaks for it, a line each; at least one.</param>
/// <param name="Threads">The threads concerned, in the order of the dump.</param>
public sealed record Finding(FindingKind Kind, string Summary, IReadOnlyList<string> Evidence, IReadOnlyList<DumpThread> Threads)
{
    /// <summary>
    /// How many it is about: threads, or of <see cref="FindingKind.AsyncCircle"/> and <see cref="FindingKind.ManyAsyncAlike"/> async stacks.
    /// </summary>
    public int Count { get; init; } = Threads.Count;

    /// <summary>The locks that it is about, each once; empty where it is not about locks.</summary>
    public IReadOnlyList<DumpLock> Locks { get; init; } = [];

    /// <summary>
    /// Where in the program those stand that it is about. Of a circle, in its order; else the place of the most first. Threads that have no frame of the program are in none.
    /// </summary>
    public IReadOnlyList<FindingFrame> Frames { get; init; } = [];

    /// <summary>
    /// The summary, and the evidence below it, a line each, indented by two spaces. Names out of the program are escaped, so that none can fake a line; of each line, what is beyond 4,096
    /// characters is counted.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder(EscapedText.Plain(Summary));
        foreach (string line in Evidence)
            text.Append("\n  ").Append(EscapedText.Plain(line));
        return text.ToString();
    }
}
