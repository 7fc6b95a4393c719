namespace Stackflare.EndToEnd.Harness;

/// <summary>Lists of flavours, for every test that is run in several.</summary>
internal static class Flavours
{
    /// <summary>Shapes in which every thread stands still.</summary>
    public static string[] StillShapes { get; } = ["NamedThreads", "CompilerNames", "LanguageMembers", "AsyncNames", "NativeCall"];

    private static readonly IReadOnlyList<Flavour> Newest = [Flavour.Optimized, Flavour.Net11];
    private static readonly IReadOnlyList<Flavour> Runtimes = [Flavour.Net8, Flavour.Net9, .. Newest];
    private static readonly IReadOnlyList<Flavour> Builds = [.. Runtimes, Flavour.Net9Unoptimized, Flavour.Unoptimized, Flavour.Net11Unoptimized];
    private static readonly IReadOnlyList<Flavour> Code = [.. Builds, Flavour.Untiered, Flavour.Net11Untiered];
    private static readonly IReadOnlyList<Flavour> Files = [.. Code, Flavour.SingleFile, Flavour.Net11SingleFile];

    private static readonly IReadOnlyList<Flavour> Everything =
        [.. Files, Flavour.SingleFileCompressed, Flavour.SingleFileShared, Flavour.Net11SelfContained, Flavour.Net11SingleFileCompressed];

    /// <summary>For what is about async methods that the runtime suspends: part of no spread.</summary>
    private static readonly IReadOnlyList<Flavour> RuntimeAsync = [Flavour.RuntimeAsync, Flavour.RuntimeAsyncUntiered, Flavour.RuntimeAsyncOnNet10];

    /// <summary>For whoever looks at some of them: only those whose name has this in it. A test that has none of them has no rows, which is a failure.</summary>
    private static string Wanted => Environment.GetEnvironmentVariable("STACKFLARE_FLAVOURS") ?? "";

    /// <summary>The flavours of a spread in which there is what a test looks at.</summary>
    public static IReadOnlyList<Flavour> Of(Spread spread, LooksAt what) => [.. Of(spread).Where(f => IsRun(f, what))];

    /// <summary>The one of a name, if there is what a test looks at.</summary>
    public static IReadOnlyList<Flavour> Of(string name, LooksAt what) => [.. new[] { Named(name) }.Where(f => IsRun(f, what))];

    /// <summary>Rows for a test that is run with several shapes.</summary>
    public static TheoryData<string, string> WithShapes(Spread spread, LooksAt what, params string[] shapes) =>
        [.. Of(spread, what).SelectMany(f => shapes.Select(s => (f.Name, s)))];

    /// <summary>Every flavour by its name.</summary>
    public static Flavour Named(string name) => ((Flavour[])[.. Everything, .. RuntimeAsync, Flavour.Plain, Flavour.PlainOnNet11]).Single(f => f.Name == name);

    private static bool IsRun(Flavour flavour, LooksAt what) => flavour.Has(what) && flavour.Name.Contains(Wanted, StringComparison.Ordinal);

    private static IReadOnlyList<Flavour> Of(Spread spread) => spread switch
    {
        Spread.Newest => Newest,
        Spread.Runtimes => Runtimes,
        Spread.Builds => Builds,
        Spread.Code => Code,
        Spread.Files => Files,
        _ => Everything,
    };
}
