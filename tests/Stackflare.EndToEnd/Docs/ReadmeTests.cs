using System.Diagnostics;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Docs;

/// <summary>Holds the output that the README shows against what the demo prints.</summary>
public sealed partial class ReadmeTests
{
    private const string ShownPath = "/src/stackflare/";

    [Fact]
    public async Task ShowsWhatTheDemoPrints()
    {
        string shown = Shown(await File.ReadAllTextAsync(Path.Combine(TestPaths.RepositoryRoot, "README.md"), TestContext.Current.CancellationToken));
        string[] blocks = Normalize(shown).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(blocks);
        (int exitCode, string dump) = await CutShort.UntilWholeAsync(RunDemoAsync, run => run.Dump);
        Assert.Equal(0, exitCode);
        string actual = Normalize(dump);
        Assert.All(blocks, block => Assert.True(IsThere(block), $"This is not in the demo's output:\n{block}\n\nIt is:\n{actual}"));

        bool IsThere(string block) => actual.Contains(block.Trim('\n') + "\n", StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheDemoTellsItsTroublesAtOnce()
    {
        (_, string dump) = await CutShort.UntilWholeAsync(RunDemoAsync, run => run.Dump);
        Assert.Contains("\"price index\"", dump, StringComparison.Ordinal);
        Assert.Contains("lock (warehouse)", dump, StringComparison.Ordinal);
        Assert.Contains("GetAwaiter().GetResult()", dump, StringComparison.Ordinal);
        // Whole: it ends with the line that says what was left out.
        Assert.StartsWith("Not shown:", dump.TrimEnd('\n').Split('\n')[^1], StringComparison.Ordinal);
    }

    /// <summary>
    /// Pasted as it is, except for what takes minutes and has tests of its own (building and installing), and for the port, which may be taken.
    /// </summary>
    [Fact]
    public async Task TheQuickStartWorksAsOneBlock()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Match block = QuickStart().Match(await File.ReadAllTextAsync(Path.Combine(TestPaths.RepositoryRoot, "README.md"), cancellation));
        Assert.True(block.Success, "README.md has no quick start.");
        string[] lines = block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["dotnet pack -c", "dotnet tool install", "dotnet build samples/WebApp"], lines.Where(l => l.StartsWith("dotnet", StringComparison.Ordinal)).Select(l => string.Join(' ', l.Split(' ').Take(3))));
        string port = FreePort().ToString(System.Globalization.CultureInfo.InvariantCulture);
        string script = string.Join('\n', lines.Where(l => !l.StartsWith("dotnet", StringComparison.Ordinal)))
            .Replace("artifacts/tools/stackflare", Cli.Harness.Tool.Path, StringComparison.Ordinal)
            .Replace("/bin/Release/", $"/bin/{TestPaths.Configuration}/", StringComparison.Ordinal)
            .Replace("5080", port, StringComparison.Ordinal);
        var start = new ProcessStartInfo("/bin/bash", ["-e", "-c", script]) { WorkingDirectory = TestPaths.RepositoryRoot, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        using Process shell = Process.Start(start)!;
        Task<string> error = shell.StandardError.ReadToEndAsync(cancellation);
        string output = await shell.StandardOutput.ReadToEndAsync(cancellation);
        await shell.WaitForExitAsync(cancellation);
        Assert.True(shell.ExitCode == 0, $"{script}\n\n{output}\n{await error}");
        Assert.Contains("  WebApp  ", output, StringComparison.Ordinal);
        Assert.Contains("Thread dump of WebApp ", output, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Shown(string readme)
    {
        Match match = OutputBlock().Match(readme);
        Assert.True(match.Success, "README.md has no block marked as the demo's output.");
        return match.Groups[1].Value;
    }

    private static async Task<(int ExitCode, string Dump)> RunDemoAsync()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using Process demo = Process.Start(new ProcessStartInfo(Path.Combine(TestPaths.RepositoryRoot, "samples/Demo/bin", TestPaths.Configuration, "net10.0/Demo"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = demo.StandardError.ReadToEndAsync(cancellation);
        await demo.StandardOutput.ReadToEndAsync(cancellation);
        string dump = await error;
        await demo.WaitForExitAsync(cancellation);
        return (demo.ExitCode, dump.Replace(TestPaths.RepositoryRoot.TrimEnd('/') + "/", ShownPath, StringComparison.Ordinal));
    }

    /// <summary>Ids and times differ from run to run; everything else must not.</summary>
    private static string Normalize(string text) => Waited().Replace(Varying().Replace(text.ReplaceLineEndings("\n"), "$1$3N"), "");

    [GeneratedRegex(@"<!-- output: samples/Demo -->\n```\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex OutputBlock();

    [GeneratedRegex(@"<!-- quick start -->\n```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex QuickStart();

    [GeneratedRegex(@"(#|tid=|cpu=|pid )\d+(ms)?|(<0x)[0-9a-f]+")]
    private static partial Regex Varying();

    /// <summary>Said of waits of a second and more: of those that the demo's dump came late to.</summary>
    [GeneratedRegex(@", (?:the longest )?for at least \w+")]
    private static partial Regex Waited();
}
