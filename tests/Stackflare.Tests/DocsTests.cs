using System.Text.RegularExpressions;
using Stackflare.Writers;

namespace Stackflare.Tests;

/// <summary>What the documents show as output is output.</summary>
public sealed partial class DocsTests
{
    [Theory, InlineData("formats.md"), InlineData("json-format.md")]
    public void SnippetsAreGoldenFiles(string document)
    {
        string text = File.ReadAllText(Path.Combine(Golden.RepositoryRoot, "docs", document));
        var snippets = SnippetPattern().Matches(text);
        Assert.NotEmpty(snippets);
        Assert.Equal(Regex.Count(text, "<!-- golden"), snippets.Count);
        foreach (Match snippet in snippets)
        {
            string golden = Path.Combine(Golden.RepositoryRoot, "tests", "Stackflare.Tests", "Writers", snippet.Groups["file"].Value);
            if (snippet.Groups["part"].Success)
                Assert.Contains(snippet.Groups["text"].Value, File.ReadAllText(golden), StringComparison.Ordinal);
            else
                Assert.Equal(File.ReadAllText(golden).TrimEnd('\n'), snippet.Groups["text"].Value.TrimEnd('\n'));
        }
    }

    /// <summary>The docs, the tool's help and the enumeration have the formats that the table has, in its order.</summary>
    [Fact]
    public void FormatsAreThoseOfTheTable()
    {
        Assert.Equal(Enum.GetValues<DumpFormat>(), DumpFormats.All.Select(f => f.Format));
        Assert.Equal(
            DumpFormats.All.Select(f => (f.Format.ToString(), f.Name, f.Extension, f.AddsUp)),
            FormatRow().Matches(Document("docs/formats.md")).Select(m => (m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value, m.Groups[4].Value == "add up")));
        Assert.Contains($"--format <{string.Join('|', DumpFormats.Names)}>", Document("docs/cli.md"), StringComparison.Ordinal);
        Assert.Contains($"`STACKFLARE_FORMAT` ({string.Join(", ", DumpFormats.Names.Select(n => $"`{n}`"))})", Document("README.md"), StringComparison.Ordinal);
    }

    private static string Document(string path) => File.ReadAllText(Path.Combine(Golden.RepositoryRoot, path));

    [GeneratedRegex(@"(?m)^\| `(\w+)`[^|]* \| `(\w+)` \| `(\.[\w.]+)` \| [^|]+ \| ([^|]+) \|$")]
    private static partial Regex FormatRow();

    [GeneratedRegex(@"<!-- golden: (?<file>\S+)(?<part> \(part\))? -->\n```\w*\n(?<text>.*?)```\n", RegexOptions.Singleline)]
    private static partial Regex SnippetPattern();
}
