using System.Text.RegularExpressions;

namespace Stackflare.Bench.Subjects;

/// <summary>
/// How one recognises that a program's dump is over: by what a first dump of it, that was given all the time it wanted, looked like.
/// A text has no end mark, and silence alone proves nothing on a busy machine; so a dump is over when it has as many lines as
/// the first one, its last line begins as the first one's but for the numbers in it, and then nothing more comes. A thread that
/// the runtime has ended meanwhile makes fewer lines: then a long silence has to do, and the last line must still be right.
/// </summary>
/// <param name="Lines">The fewest lines that a dump of this program had.</param>
/// <param name="LastLine">How the last line begins.</param>
internal sealed partial record DumpEnd(int Lines, string LastLine)
{
    internal static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(25);
    internal static readonly TimeSpan LongSilence = TimeSpan.FromSeconds(1);

    // Longer than any line; and so much of it as does not depend on which threads a runtime has just now.
    private const int TailLength = 4096, BeginningLength = 12;

    internal static DumpEnd Of(PipeTap tap) => new(tap.Look().Lines, LastLineOf(tap));

    /// <summary>Whether the dump is over that is in the pipe, nothing having come for so long.</summary>
    internal bool Reached(PipeTap tap, int lines, TimeSpan silence) =>
        (lines >= Lines && silence >= Silence && LastLineOf(tap) == LastLine)
        || (lines >= Lines * 0.9 && silence >= LongSilence && LastLineOf(tap) == LastLine);

    /// <summary>What is known after one more dump.</summary>
    internal DumpEnd After(DumpSample sample) => this with { Lines = Math.Min(Lines, sample.Lines) };

    private static string LastLineOf(PipeTap tap)
    {
        string line = Numbers().Replace(tap.Tail(TailLength).TrimEnd().Split('\n')[^1].Trim(), "#");
        return line[..Math.Min(line.Length, BeginningLength)];
    }

    [GeneratedRegex("0x[0-9a-f]+|[0-9]+")]
    private static partial Regex Numbers();
}
