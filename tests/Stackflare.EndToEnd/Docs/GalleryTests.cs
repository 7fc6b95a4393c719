using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Docs;

/// <summary>The demo's page and flame graph, as the published tool makes them.</summary>
public sealed partial class GalleryTests
{
    internal static readonly string? Chromium = Command.Find("chromium") ?? Command.Find("chromium-browser") ?? Command.Find("google-chrome");

    /// <summary>Each view has what the demo is about, and the browser has nothing to complain of.</summary>
    [RequiresChromiumTheory]
    [InlineData("stacks", "PriceIndex.Rebuild")]
    [InlineData("flame", "PriceIndex.Rebuild")]
    [InlineData("threads", "price index")]
    [InlineData("locks", "OrderService.Warehouse")]
    [InlineData("awaits", "PaymentGateway.AuthoriseAsync")]
    public async Task EachViewOfTheDemoOpens(string view, string text)
    {
        using var folder = new TemporaryFolder();
        string page = Path.Combine(folder.Path, "demo.html");
        await WriteDemoAsync("html", page);
        CommandResult opened = await new Command(Chromium!,
            "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--virtual-time-budget=10000", $"--user-data-dir={folder.Path}/profile", "--dump-dom", $"file://{page}#{view}").RunAsync();
        string[] parts = opened.Output.Split("id=\"panel\"");
        Assert.True(parts.Length == 2 && parts[1].Split("<footer>")[0].Contains(text, StringComparison.Ordinal), $"{opened}");
        Assert.DoesNotContain("CONSOLE", opened.Errors, StringComparison.Ordinal);
    }

    /// <summary>The flame graph in docs is the demo's: the same methods with the same counts.</summary>
    [Fact]
    public async Task ThePictureIsThatOfTheDemo()
    {
        using var folder = new TemporaryFolder();
        string picture = Path.Combine(folder.Path, "demo.svg");
        string[] shown = Boxes(Path.Combine(TestPaths.RepositoryRoot, "docs", "demo.svg")), actual = [];
        // One thread runs: it is seldom between two calls.
        for (int i = 0; i < 5 && !shown.SequenceEqual(actual); i++)
        {
            await WriteDemoAsync("svg", picture);
            actual = Boxes(picture);
        }
        Assert.Equal(shown, actual);

        static string[] Boxes(string file) => [.. BoxTitle().Matches(File.ReadAllText(file)).Select(static m => m.Groups[1].Value).Order(StringComparer.Ordinal)];
    }

    private static async Task WriteDemoAsync(string format, string file)
    {
        var start = new ProcessStartInfo(Path.Combine(TestPaths.RepositoryRoot, "samples/Demo/bin", TestPaths.Configuration, "net10.0/Demo"), ["--wait"]) { RedirectStandardOutput = true };
        using Process demo = Process.Start(start)!;
        try
        {
            // The shop is open, with its problems.
            Assert.NotNull(await demo.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            await Tool.RunWholeAsync($"{demo.Id}", "-f", format, "-o", file);
        }
        finally
        {
            demo.Kill();
        }
    }

    [GeneratedRegex("<g><title>([^<]*)</title>")]
    private static partial Regex BoxTitle();
}

/// <summary>A test that opens a page in a browser; it is skipped where there is no chromium.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresChromiumTheoryAttribute : TheoryAttribute
{
    public RequiresChromiumTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = GalleryTests.Chromium is null ? "There is no chromium." : null;
}
