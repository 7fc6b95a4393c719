using System.Diagnostics;

namespace Stackflare.Bench.Subjects;

/// <summary>A program that prints a dump of its threads when it gets a signal.</summary>
/// <param name="Kind">Who it is.</param>
/// <param name="Name">Its name in the tables.</param>
/// <param name="Signal">The signal that it prints on.</param>
/// <param name="DumpsToStdout">Whether the dump goes to stdout rather than stderr.</param>
/// <param name="Command">The command for a program of this shape.</param>
internal sealed record Contestant(ContestantKind Kind, string Name, int Signal, bool DumpsToStdout, Func<Shape, ProcessStartInfo> Command)
{
    /// <summary>What its dump lacks at this shape, for the reader who compares; empty if nothing.</summary>
    internal string Remark(Shape shape) => Kind switch
    {
        ContestantKind.Jvm => "file and line, no source text",
        ContestantKind.Faulthandler when shape.Threads > 100 => "no source text; only the first 100 threads",
        ContestantKind.Faulthandler => "file and line, no source text",
        ContestantKind.StackflareDefault => "the same, identical stacks once; async methods looked for",
        ContestantKind.StackflareEverything => "file, line and source text; threads only, as the others",
        _ => "file, line and source text",
    };
}
