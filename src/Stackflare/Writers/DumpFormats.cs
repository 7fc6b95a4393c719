using Stackflare.Writers.Html;
using Stackflare.Writers.Json;
using Stackflare.Writers.Profiles;
using Stackflare.Writers.Text;

namespace Stackflare.Writers;

/// <summary>
/// The table of formats. The command line, the environment variables, the writers and the tests of the docs use it. A new format needs
/// a member of <see cref="DumpFormat"/>, a row here and a writer.
/// </summary>
internal static class DumpFormats
{
    private const string PlainText = "text/plain", Json = "application/json", Actuator = "application/vnd.spring-boot.actuator.v3+json";

    /// <summary>The rows, in the order of display.</summary>
    public static IReadOnlyList<FormatRow> All { get; } =
    [
        new(DumpFormat.Text, "text", ".txt", PlainText, TextRenderer.Write),
        new(DumpFormat.Traceback, "traceback", ".txt", PlainText, TracebackRenderer.Write),
        new(DumpFormat.Json, "json", ".json", Json, static (dump, _, _, bytes) => JsonRenderer.Write(dump, bytes)),
        new(DumpFormat.Folded, "folded", ".folded", PlainText, FoldedRenderer.Write),
        new(DumpFormat.Speedscope, "speedscope", ".speedscope.json", Json, SpeedscopeRenderer.Write),
        new(DumpFormat.Actuator, "actuator", ".json", Actuator, static (dump, options, _, bytes) => ActuatorRenderer.Write(dump, options, bytes)),
        new(DumpFormat.Tree, "tree", ".txt", PlainText, TreeRenderer.Write),
        new(DumpFormat.Svg, "svg", ".svg", "image/svg+xml", SvgRenderer.Write, forPeople: true),
        new(DumpFormat.Html, "html", ".html", "text/html", HtmlRenderer.Write, forPeople: true),
        new(DumpFormat.Firefox, "firefox", ".firefox.json", Json, FirefoxRenderer.Write),
    ];

    /// <summary>The names, in the order of display.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(static f => f.Name)];

    /// <summary>The names as part of a sentence.</summary>
    public static string Choice { get; } = $"{string.Join(", ", Names.SkipLast(1))} or {Names[^1]}";

    /// <summary>The row of a format.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such format.</exception>
    public static FormatRow Row(DumpFormat format)
    {
        foreach (FormatRow row in All)
        {
            if (row.Format == format)
                return row;
        }
        throw new ArgumentOutOfRangeException(nameof(format), format, "The format is not one of DumpFormat.");
    }

    /// <summary>Finds a format by name, ignoring case. Numbers and lists are not accepted.</summary>
    /// <param name="name">The name.</param>
    /// <param name="format">The format; <see cref="DumpFormat.Text"/> if the name is unknown.</param>
    public static bool TryParse(string name, out DumpFormat format)
    {
        FormatRow? row = All.FirstOrDefault(f => string.Equals(f.Name, name, StringComparison.OrdinalIgnoreCase));
        format = row?.Format ?? DumpFormat.Text;
        return row is not null;
    }
}
