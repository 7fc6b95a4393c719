using System.Globalization;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Docs;

/// <summary>Holds what the docs say of the tool against the tool and its sources.</summary>
public sealed partial class CliPageTests
{
    private static readonly string Sources = Path.Combine(TestPaths.RepositoryRoot, "src");

    [Fact]
    public async Task ShowsTheHelpAsItIs()
    {
        string help = (await Tool.RunAsync("--help")).Output.TrimEnd();
        string shown = HelpBlock().Match(Page("cli.md")).Groups[1].Value.TrimEnd();
        Assert.Equal(string.Join('\n', help.Split('\n').Select(l => l.TrimEnd())), shown);
    }

    [Fact]
    public void HasEveryExitCode()
    {
        string codes = File.ReadAllText(Path.Combine(Sources, "Stackflare.Cli", "ExitCodes.cs"));
        int[] defined = [.. CodeConstant().Matches(codes).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).Order()];
        int[] documented = [.. CodeRow().Matches(Page("cli.md")).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).Order()];
        Assert.Equal(defined, documented);
    }

    /// <summary>Each message in the tables begins as one in the sources does; "…" and numbers stand for what differs.</summary>
    [Fact]
    public void TroubleshootingQuotesMessagesThatThereAre()
    {
        string sources = string.Concat(Directory.EnumerateFiles(Sources, "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        string[] quoted = [.. MessageRow().Matches(Page("troubleshooting.md")).SelectMany(r => Quote().Matches(r.Groups[1].Value)).Select(q => q.Groups[1].Value)];
        Assert.InRange(quoted.Length, 20, 100);
        // What comes before "cannot be written" is named by whoever writes there.
        string[] parts = [.. quoted.SelectMany(q => q.Replace(" cannot be written", "…cannot be written", StringComparison.Ordinal).Split('…', ':'))
            .Select(p => p.Trim(' ', '\'')).Where(p => p.Length > 0)];
        Assert.All(parts, part => Assert.Contains(part, sources, StringComparison.Ordinal));
    }

    private static string Page(string name) => File.ReadAllText(Path.Combine(TestPaths.RepositoryRoot, "docs", name)).ReplaceLineEndings("\n");

    [GeneratedRegex(@"<!-- output: stackflare --help -->\n```\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex HelpBlock();

    [GeneratedRegex(@"const int \w+ = (\d+);")]
    private static partial Regex CodeConstant();

    [GeneratedRegex(@"(?m)^\| (\d+) \|")]
    private static partial Regex CodeRow();

    [GeneratedRegex(@"(?m)^\| (`.+?) \| ")]
    private static partial Regex MessageRow();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quote();
}
