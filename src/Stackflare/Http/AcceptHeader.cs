using System.Globalization;
using Stackflare.Writers;

namespace Stackflare.Http;

/// <summary>Chooses a format by the header Accept.</summary>
internal static class AcceptHeader
{
    /// <param name="accept">The header; null for none, which accepts everything.</param>
    /// <param name="usual">The format if the client accepts everything. Preferred among the formats that one part of the header accepts.</param>
    /// <returns>
    /// Null if no format is acceptable. Of equally acceptable ones, it is that which the header names first; and the first one of a media type.
    /// </returns>
    public static DumpFormat? Choose(string? accept, DumpFormat usual)
    {
        if (string.IsNullOrWhiteSpace(accept))
            return usual;
        (string Range, double Quality, int Index)[] ranges = [.. accept.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
        (FormatRow? Row, double Quality, int Index) best = (null, 0, 0);
        foreach (FormatRow row in DumpFormats.All.OrderByDescending(r => r.Format == usual))
        {
            // The most specific range counts, as in "text/plain;q=0, */*".
            var (range, quality, index) = ranges.Where(r => Matches(r.Range, row)).OrderByDescending(r => Specificity(r.Range)).FirstOrDefault();
            if (range is not null && (quality > best.Quality || (quality == best.Quality && index < best.Index && quality > 0)))
                best = (row, quality, index);
        }
        return best.Row?.Format;
    }

    private static (string Range, double Quality, int Index) Parse(string part, int index)
    {
        string[] pieces = part.Split(';', StringSplitOptions.TrimEntries);
        double quality = 1;
        foreach (string piece in pieces.Skip(1))
        {
            if (piece.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
                && !double.TryParse(piece.AsSpan(2), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out quality))
            {
                quality = 0;
            }
        }
        return (pieces[0], quality, index);
    }

    private static bool Matches(string range, FormatRow row)
    {
        string type = row.MediaType;
        return range is "*/*" or "*"
            || range.Equals(type, StringComparison.OrdinalIgnoreCase)
            || (range.EndsWith("/*", StringComparison.Ordinal) && type.StartsWith(range[..^1], StringComparison.OrdinalIgnoreCase));
    }

    private static int Specificity(string range) => range is "*/*" or "*" ? 0 : range.EndsWith("/*", StringComparison.Ordinal) ? 1 : 2;
}
