using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Docs;

/// <summary>Holds the dumps that docs/reading-a-dump.md shows against what the tool says of the programs that they are of.</summary>
public sealed partial class ReadingADumpTests
{
    private const string ShownPath = "/src/stackflare/";

    public static TheoryData<string> Programs => [.. Blocks().Select(b => b.Program).Distinct()];

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task ShowsWhatTheToolPrints(string program)
    {
        string[] words = program.Split(' ');
        if (words[0] == "OrderApi")
        {
            await using var server = await WebServer.StartAsync(Flavour.Optimized, Path.Combine(TestPaths.TargetOutput("OrderApi", "net10.0"), "OrderApi"));
            using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            Task[] requests = [.. Enumerable.Range(1, 3 * (Environment.ProcessorCount + 1)).Select(n => client.GetStringAsync(new Uri(server.Address, $"order/{n}"), end.Token))];
            await HoldsAsync(program, server.Pid, () => server.Output.Text);
            await end.CancelAsync();
            await Task.WhenAll(requests).ContinueWith(_ => { }, TaskScheduler.Default);
            return;
        }
        string? command = words is [.., "then", var last] ? last : null;
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized, words[0], TargetOptions.NoTrap with { Arguments = words[1..(command is null ? words.Length : words.Length - 2)] });
        Task<string>? answer = command is null ? null : target.CommandAsync(command);
        // A collection that tries to begin takes some time of the processor's; before, it would be the dump that waits.
        if (words[0] == "Thermometer")
            await target.WaitForCollectionAsync("tidy", "reader");
        await HoldsAsync(program, target.Pid, target.Describe, command is null ? [] : ["--timeout", "0.5"]);
        if (answer is not null)
            await answer;
    }

    /// <summary>Programs say that they are ready before they are stuck.</summary>
    private static async Task HoldsAsync(string program, int pid, Func<string> describe, params string[] arguments)
    {
        string[] shown = [.. Blocks().Where(b => b.Program == program).SelectMany(b => Normalize(b.Text).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))];
        Assert.NotEmpty(shown);
        string actual = "";
        var deadline = Deadline.In();
        while (!Array.TrueForAll(shown, IsThere) && deadline.Left > TimeSpan.Zero)
        {
            var result = await Tool.RunAsync([$"{pid}", .. arguments]);
            actual = Normalize(result.RawOutput.Replace(TestPaths.RepositoryRoot.TrimEnd('/') + "/", ShownPath, StringComparison.Ordinal)) + "\n";
        }
        if (Array.Find(shown, s => !IsThere(s)) is { } missing)
            Assert.Fail($"This is not what the tool prints of {program}:\n{missing}\n\nIt prints:\n{actual}\n\n{describe()}");

        bool IsThere(string piece) => actual.Contains(piece.Trim('\n') + "\n", StringComparison.Ordinal);
    }

    private static IReadOnlyList<(string Program, string Text)> Blocks()
    {
        string page = File.ReadAllText(Path.Combine(TestPaths.RepositoryRoot, "docs", "reading-a-dump.md"));
        return [.. OutputBlock().Matches(page).Select(m => (m.Groups[1].Value, m.Groups[2].Value))];
    }

    /// <summary>
    /// Ids, addresses and times differ from run to run, as do what the kernel says of a thread that is asked again and again to stop, the line of a loop in which a thread is
    /// caught, and on other machines the number of a pool's workers. Everything else must not.
    /// </summary>
    private static string Normalize(string text) =>
        Waited().Replace(LoopLine().Replace(Varying().Replace(text.ReplaceLineEndings("\n"), "N"), "N"), "");

    [GeneratedRegex(@"<!-- output: (.+?) -->\n```\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex OutputBlock();

    [GeneratedRegex(@"(?<=#|tid=|cpu=|pid )[\d-]+(?:m?s\b)?|(?<=<0x)[0-9a-f]+|(?<=due in )[\d.dhms]+|(?<=ran for )[\d.]+ of [\d.]+|(?<=ready to run for )[\d.]+|(?<=, which )(?:is running|waits in the kernel).*|(?<=system call read )\(\w+\)|(?<=min |max )[\d,]+|\b[\d,]+(?= (?:workers?|work items?|are blocked|at work|queued|completed))")]
    private static partial Regex Varying();

    [GeneratedRegex(@"(?<=Spinning\.cs:line )\d+")]
    private static partial Regex LoopLine();

    [GeneratedRegex(@", (?:the longest )?for at least [\w.]+(?: s| min)?")]
    private static partial Regex Waited();
}
