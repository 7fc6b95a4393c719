using System.Globalization;
using System.Text.RegularExpressions;

namespace Stackflare.Bench.Subjects;

/// <summary>One dump, from outside.</summary>
/// <param name="Elapsed">From just before the signal was sent to the last byte.</param>
/// <param name="Lines">How many lines it has.</param>
/// <param name="Bytes">How many bytes it has.</param>
/// <param name="PageFaults">How many page faults the program had meanwhile.</param>
/// <param name="Head">How it begins.</param>
internal sealed partial record DumpSample(TimeSpan Elapsed, int Lines, int Bytes, long PageFaults, string Head)
{
    /// <summary>The pause that the dump itself claims, in milliseconds; null where it claims none.</summary>
    internal double? ClaimedPause => PausedClaim().Match(Head) is { Success: true } match
        ? double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
        : null;

    [GeneratedRegex("paused ([0-9.]+) ms")]
    private static partial Regex PausedClaim();
}
