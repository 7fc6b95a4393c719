using System.CommandLine;
using System.Globalization;

namespace Stackflare.Cli.Commands;

/// <summary>Options with a length of time as the value: a number of seconds, or with a unit, as in 500ms, 30s, 10m or 2h.</summary>
internal static class DurationOption
{
    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];

    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    public static Option<TimeSpan?> Create(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            if (TryParse(result.Tokens[0].Value) is { } time)
                return time;
            result.AddError($"{name} must be a time from 1ms to 30d, as in 30s, 10m or 2h.");
            return null;
        },
    };

    /// <summary>The time that a text means; null if it means none, or one that is too long or too short.</summary>
    public static TimeSpan? TryParse(string text)
    {
        (string unit, double seconds) = Array.Find(Units, u => text.EndsWith(u.Unit, StringComparison.Ordinal));
        string number = unit is null ? text : text[..^unit.Length];
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && value * (unit is null ? 1 : seconds) is >= 0.001 and var length && length <= Longest.TotalSeconds
            ? TimeSpan.FromSeconds(length)
            : null;
    }
}
