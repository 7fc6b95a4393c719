using System.Text.RegularExpressions;

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

    [GeneratedRegex(@"<!-- golden: (?<file>\S+)(?<part> \(part\))? -->\n```\w*\n(?<text>.*?)```\n", RegexOptions.Singleline)]
    private static partial Regex SnippetPattern();
}
