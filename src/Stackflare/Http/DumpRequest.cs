using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Stackflare.Model;
using Stackflare.Writers;

namespace Stackflare.Http;

/// <summary>What a request asks for, by its query and its header Accept. Equal requests can get the same answer. Immutable.</summary>
internal sealed record DumpRequest
{
    private const int MaxCount = 10;
    private const double MinInterval = 0.1, MaxInterval = 30;

    /// <summary>The parameters, in the order of the documentation.</summary>
    private static readonly (string Name, string Expected, Func<DumpRequest, string, DumpRequest?> Apply)[] Table =
    [
        ("format", DumpFormats.Choice, static (r, v) => DumpFormats.TryParse(v, out DumpFormat f) ? r with { Format = f } : null),
        ("async", "auto, always or never", static (r, v) => Mode(v) is { } mode ? r.With(mode) : null),
        ("threads", "managed ids, the kernel's ids or parts of names, with commas between them", static (r, v) => Names(v) is { Length: > 0 } names
            ? r with { Threads = r.Threads.Length == 0 ? names : $"{r.Threads},{names}" } : null),
        ("count", $"a number from 1 to {MaxCount}", static (r, v) => int.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n is >= 1 and <= MaxCount
            ? r with { Count = n } : null),
        ("interval", string.Create(CultureInfo.InvariantCulture, $"a number of seconds from {MinInterval} to {MaxInterval}"), static (r, v) =>
            double.TryParse(v, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double s) && s is >= MinInterval and <= MaxInterval
            ? r with { Interval = TimeSpan.FromSeconds(s) } : null),
        ("all", "1 or 0", static (r, v) => v is "1" or "0" ? r with { Render = r.Render with { ShowHidden = v == "1" } } : null),
        // What the program has chosen cannot be switched off.
        ("redact", "1", static (r, v) => v is "1" ? r with { Render = r.Render with { Redaction = r.Render.Redaction ?? Redaction.OfThisProcess } } : null),
    ];

    /// <summary>The names of the parameters.</summary>
    public static IEnumerable<string> Parameters => Table.Select(static row => row.Name);

    public DumpFormat Format { get; init; }

    public CaptureOptions Capture { get; init; } = CaptureOptions.Default;

    public RenderOptions Render { get; init; } = RenderOptions.Default;

    /// <summary>The wanted threads, with commas between them; empty for all.</summary>
    public string Threads { get; init; } = "";

    /// <summary>Whether the program hides its names from those who ask. If they ask for that themselves, they may see them.</summary>
    public bool HidesNames { get; private init; }

    /// <summary>How many dumps.</summary>
    public int Count { get; init; } = 1;

    /// <summary>From the end of one dump to the beginning of the next.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    public string ContentType => DumpFormats.Row(Format).ContentType;

    /// <summary>The defaults that the program has chosen.</summary>
    public static DumpRequest Usual(DumpFormat format, CaptureOptions capture, RenderOptions render) => new() { Format = format, Capture = capture, Render = render, HidesNames = render.Redaction is not null };

    /// <summary>Reads a request.</summary>
    /// <param name="usual">What is not requested otherwise.</param>
    /// <param name="query">The query of the URL, encoded, with or without the question mark.</param>
    /// <param name="accept">The header Accept; null for none. Ignored if the query names the format.</param>
    /// <param name="problem">Why the request is not valid; null if it is.</param>
    /// <returns>The request; null if it is not valid.</returns>
    public static DumpRequest? Parse(DumpRequest usual, string query, string? accept, out HttpProblem? problem)
    {
        problem = null;
        if (QueryString.Parse(query) is not { } parameters)
        {
            problem = HttpProblem.Bad("The query is not percent-encoded UTF-8.");
            return null;
        }
        DumpRequest request = usual;
        var seen = new HashSet<string>();
        foreach ((string name, string value) in parameters)
        {
            if (!TryApply(ref request, seen, name, value, out problem))
                return null;
        }
        if (request.Count > 1 && request.Interval < TimeSpan.FromSeconds(1) && !seen.Contains("async"))
        {
            // Otherwise, the program would be paused for a large part of the time.
            request = request.With(AsyncStackMode.Never);
        }
        if (seen.Contains("format"))
            return request;
        if (AcceptHeader.Choose(accept, usual.Format) is { } format)
            return request with { Format = format };
        problem = new HttpProblem(406, $"None of the accepted media types is available. Available: {string.Join(", ", DumpFormats.All.Select(static f => f.MediaType).Distinct())}.");
        return null;
    }

    private static bool TryApply(ref DumpRequest request, HashSet<string> seen, string name, string value, [NotNullWhen(false)] out HttpProblem? problem)
    {
        problem = null;
        var (known, expected, apply) = Array.Find(Table, row => row.Name == name);
        if (known is null)
            problem = HttpProblem.Bad($"'{Shown(name)}' is not a parameter. Use {string.Join(", ", Parameters.SkipLast(1))} or {Parameters.Last()}.");
        else if (!seen.Add(name) && known != "threads")
            problem = HttpProblem.Bad($"The parameter {known} is there twice.");
        else if (apply(request, value) is { } changed)
            request = changed;
        else
            problem = HttpProblem.Bad($"The parameter {known} is '{Shown(value)}'. It must be {expected}.");
        return problem is null;
    }

    private DumpRequest With(AsyncStackMode mode) => this with { Capture = Capture with { AsyncStacks = mode } };

    private static string Names(string value) =>
        string.Join(',', value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static AsyncStackMode? Mode(string value) =>
        value switch { "auto" => AsyncStackMode.Auto, "always" => AsyncStackMode.Always, "never" => AsyncStackMode.Never, _ => null };

    private static string Shown(string text)
    {
        const int Longest = 40;
        return EscapedText.Quoted(text.Length > Longest ? text[..Longest] + "…" : text);
    }
}
