using System.Text.RegularExpressions;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>Two dumps of a process that stands still. They differ in when they were taken, in how long it took, and in threads of the runtime that come and go.</summary>
internal static partial class TwoDumps
{
    private const int Looks = 5;

    /// <summary>
    /// Checks that two ways to a dump give the same text. A thread of the runtime can begin between the two, so it looks again; two ways that differ do so each time.
    /// </summary>
    /// <param name="first">The one way.</param>
    /// <param name="second">The other.</param>
    public static async Task AssertAlikeAsync(Func<Task<string>> first, Func<Task<string>> second)
    {
        for (var look = 1; ; look++)
        {
            var (one, other) = (WithoutFigures(await first()), WithoutFigures(await second()));
            if (one == other || look == Looks)
            {
                Assert.Equal(one, other);
                return;
            }
        }
    }

    private static string WithoutFigures(string text) => Figures().Replace(text, "N");

    [GeneratedRegex("""
         at \d{4}-[^"\n]*|up [\w.]+|cpu=\w+|paused .*|\d+ native threads? \([^)]*\)|"(uptime|cpu|pause|suspend|walk|resolve|locks|heap)Ms": [\d.]+|"capturedAt": "[^"]+"|"unit": "\w+"|"suspendRetries": \d+
        """)]
    private static partial Regex Figures();
}
