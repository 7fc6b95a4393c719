namespace Stackflare.Bench.Reporting;

/// <summary>docs/benchmarks.md, of which the part between two marks is written by this program and the rest by people.</summary>
internal static class BenchmarksPage
{
    private const string Begin = "<!-- measured: begin -->";
    private const string End = "<!-- measured: end -->";

    internal static void Update(string measured)
    {
        string path = Path.Combine(Repository.Root, "docs", "benchmarks.md");
        string page = File.ReadAllText(path);
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = page.IndexOf(End, StringComparison.Ordinal);
        File.WriteAllText(path, $"{page[..begin]}\n\n{measured.Trim()}\n\n{page[end..]}");
    }
}
