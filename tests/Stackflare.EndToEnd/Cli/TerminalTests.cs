using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>Colours and links: on a terminal that can show them, and nowhere else.</summary>
public sealed partial class TerminalTests(StillTarget still) : IClassFixture<StillTarget>
{
    private const char Escape = '\e';

    [Theory]
    [InlineData("text")]
    [InlineData("traceback")]
    [InlineData("json")]
    public async Task APipeGetsNoEscapeCodes(string format)
    {
        var options = new ToolOptions { Environment = new Dictionary<string, string?> { ["TERM"] = "xterm-256color" } };
        Assert.DoesNotContain(Escape, (await Tool.RunAsync(options, still.Id, "-f", format)).Output);
    }

    [RequiresTerminalFact]
    public async Task ATerminalGetsColoursAndLinks()
    {
        var shown = await OnTerminalAsync("xterm-256color");
        string[] lines = shown.Split('\n');
        Assert.StartsWith("\e[1mThread dump of Shapes", lines[0], StringComparison.Ordinal);
        var thread = still.Process.Truth.Named("first");
        Assert.Contains(lines, l => l.StartsWith($"\e[1m\"first\"\e[0m #{thread.ManagedId} tid={thread.OsId} ", StringComparison.Ordinal));
        Assert.Contains("\e[33m      host.Park(track.Here<NamedThreads>());\e[0m", lines);

        var place = Path.Combine(TestPaths.RepositoryRoot, "tests", "Targets", "Shapes", "NamedThreads.cs");
        Assert.Contains($"\e]8;;file://{Environment.MachineName}{place}\e\\{place}:line {thread.Marks[0].Line}\e]8;;\e\\", shown, StringComparison.Ordinal);

        // With the codes taken out again it is what a pipe gets, and no code is left open.
        await TwoDumps.AssertAlikeAsync(
            async () => (await Tool.RunWholeAsync(still.Id, "--threads", "first")).Output,
            async () => Codes().Replace(await OnTerminalAsync("xterm-256color"), ""));
        Assert.Equal(0, Count(shown, "\e]8;") % 2);
    }

    [RequiresTerminalTheory]
    [InlineData("NO_COLOR", "1", true)]
    [InlineData("STACKFLARE_NO_LINKS", "1", false)]
    public async Task ColoursAndLinksCanBeSwitchedOff(string variable, string value, bool links)
    {
        var shown = await OnTerminalAsync("xterm-256color", (variable, value));
        Assert.Equal(!links, shown.Contains("\e[1m", StringComparison.Ordinal));
        Assert.Equal(links, shown.Contains("\e]8;;file://", StringComparison.Ordinal));
    }

    [RequiresTerminalTheory]
    [InlineData("dumb")]
    [InlineData("")]
    public async Task ATerminalThatKnowsNoCodesGetsNone(string term) => Assert.DoesNotContain(Escape, await OnTerminalAsync(term));

    [RequiresTerminalFact]
    public async Task OtherFormatsAndFilesHaveNoCodes()
    {
        Assert.DoesNotContain(Escape, await OnTerminalAsync("xterm", arguments: "-f json"));
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "dump");
        Assert.Empty(await OnTerminalAsync("xterm", arguments: $"-o {file}"));
        Assert.DoesNotContain(Escape, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    /// <summary>A pipe has no width, and a terminal that does not say its own has none either.</summary>
    [RequiresTerminalFact]
    public async Task FramesAreAsWideAsTheTerminal()
    {
        const int columns = 60;
        string[] narrow = Codes().Replace(await OnTerminalAsync("xterm", before: $"stty cols {columns}; "), "").Split('\n');
        string[] frames = [.. narrow.Where(l => l.StartsWith("   at ", StringComparison.Ordinal) || l.StartsWith("      ", StringComparison.Ordinal))];
        Assert.NotEmpty(frames);
        Assert.All(frames, l => Assert.InRange(l.Length, 1, columns));
        var thread = still.Process.Truth.Named("first");
        Assert.Contains(frames, l => l.Contains('…', StringComparison.Ordinal) && l.EndsWith($"NamedThreads.cs:line {thread.Marks[0].Line}", StringComparison.Ordinal));
        Assert.DoesNotContain('…', (await Tool.RunWholeAsync(still.Id, "--threads", "first")).Output);
    }

    /// <summary>What the tool writes to a terminal, which has line feeds as it should again.</summary>
    private async Task<string> OnTerminalAsync(string term, (string Name, string Value)? setting = null, string arguments = "", string before = "")
    {
        var environment = new Dictionary<string, string?> { ["TERM"] = term };
        if (setting is { } s)
            environment[s.Name] = s.Value;
        var options = new ToolOptions { Executable = "script", Environment = environment };
        var result = await Tool.RunWholeAsync(options, "-qec", $"{before}'{Tool.Path}' {still.Id} --threads first {arguments}", "/dev/null");
        return result.Output.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    [GeneratedRegex(@"\e\[\d*m|\e\]8;;[^\e]*\e\\")]
    private static partial Regex Codes();
}
