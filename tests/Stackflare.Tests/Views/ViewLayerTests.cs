using System.Text.RegularExpressions;

namespace Stackflare.Tests.Views;

/// <summary>From the model to the writers, each layer knows the earlier ones only, and none knows the tool.</summary>
public sealed partial class ViewLayerTests
{
    private static readonly string[] Layers = ["Model", "Analysis", "Views", "Writers"];

    public static TheoryData<string> All => [.. Layers];

    [Theory, MemberData(nameof(All))]
    public void NamesNoLaterLayer(string layer)
    {
        string[] later = [.. Layers[(Array.IndexOf(Layers, layer) + 1)..], "Capture", "Signals", "Cli"];
        Assert.All(Sources(layer), file =>
            Assert.DoesNotContain(Namespace().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value), later.Contains));
    }

    [Theory, MemberData(nameof(All))]
    public void NamesNoOptionOfTheTool(string layer) =>
        Assert.All(Sources(layer), file => Assert.DoesNotMatch(ToolOption(), File.ReadAllText(file)));

    private static string[] Sources(string layer)
    {
        string[] files = Directory.GetFiles(Path.Combine(Golden.RepositoryRoot, "src", "Stackflare", layer), "*.cs", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        return files;
    }

    [GeneratedRegex(@"Stackflare\.([A-Z]\w+)")]
    private static partial Regex Namespace();

    [GeneratedRegex("(?<![-\\w])--[a-z]")]
    private static partial Regex ToolOption();
}
