using System.Globalization;

namespace Stackflare.Bench.Reporting;

/// <summary>How figures are printed: to three digits or so, as more would be noise.</summary>
internal static class Figures
{
    internal static string Of(double value) => value.ToString(
        Math.Abs(value) switch { >= 100 => "0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture);

    internal static string Milliseconds(double value) => Of(value) + " ms";

    internal static string Microseconds(double value) => (value * 1000).ToString("0", CultureInfo.InvariantCulture) + " µs";

    internal static string Megabytes(double value) => Of(value) + " MB";

    internal static string Size(double bytes) => bytes >= 1e6 ? $"{Of(bytes / 1e6)} MB" : $"{Of(bytes / 1e3)} KB";

    internal static string Whole(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
