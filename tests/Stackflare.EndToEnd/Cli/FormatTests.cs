using System.Text.Json;
using System.Text.RegularExpressions;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;
using Stackflare.Tests.Writers;

namespace Stackflare.EndToEnd.Cli;

/// <summary><c>--format</c>, <c>--count</c> and <c>--interval</c>.</summary>
public sealed partial class FormatTests(StillTarget still) : IClassFixture<StillTarget>
{
    private TargetProcess Target => still.Process;

    [Theory]
    [InlineData("json", "thread-dump-v1")]
    [InlineData("speedscope", "speedscope-sampled")]
    [InlineData("firefox", "firefox-processed")]
    public async Task DocumentsAreAsTheirSchemaSays(string format, string schema)
    {
        var result = await Tool.RunAsync(still.Id, "-f", format);
        using var document = JsonDocument.Parse(result.Output);
        using var definition = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestPaths.RepositoryRoot, "docs", "schema", schema + ".schema.json")));
        Assert.Empty(SchemaCheck.Of(document.RootElement, definition.RootElement));
    }

    [Theory]
    [InlineData("text", "Thread dump of Shapes (pid ")]
    [InlineData("TEXT", "Thread dump of Shapes (pid ")]
    [InlineData("traceback", "Thread dump of Shapes (pid ")]
    [InlineData("json", "{\n")]
    [InlineData("speedscope", "{\n")]
    public async Task EachFormatBeginsAsItShould(string format, string beginning)
    {
        var output = (await Tool.RunAsync(still.Id, "--format", format)).Output;
        Assert.StartsWith(beginning, output, StringComparison.Ordinal);
        Assert.EndsWith("\n", output, StringComparison.Ordinal);
        Assert.All(Target.Truth.Threads, thread => Assert.Contains(thread.Name!, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TextIsTheDefault() =>
        await TwoDumps.AssertAlikeAsync(
            async () => (await Tool.RunWholeAsync(still.Id, "-f", "text")).Output,
            async () => (await Tool.RunWholeAsync(still.Id)).Output);

    [Fact]
    public async Task TracebackHasTheOutermostCallFirst()
    {
        string[] blocks = (await Tool.RunAsync(still.Id, "-f", "traceback")).Output.Split("----------------------------------------\n");
        var dump = await Tool.DumpAsync(Target);
        Assert.All(Target.Truth.Threads, thread =>
        {
            var block = blocks.Single(b => b.StartsWith($"<Thread({thread.Name}, started background {thread.OsId})>\n", StringComparison.Ordinal));
            string[] methods = [.. block.Split('\n').Where(l => l.StartsWith("  File ", StringComparison.Ordinal)).Select(l => l.Split(", in ")[1])];
            Assert.Equal(dump.Of(thread).ShownInText.Select(f => f.FullName).Reverse().Distinct(), methods.Distinct());
        });
    }

    /// <summary>What a flame graph's reader makes of a line: it takes the text after the last space for the count, and cuts the rest at semicolons.</summary>
    [Fact]
    public async Task FoldedLinesAreWhatAReaderExpects()
    {
        var dump = await Tool.DumpAsync(Target);
        var counts = FoldedStacks((await Tool.RunAsync(still.Id, "-f", "folded")).Output);
        Assert.All(Target.Truth.Threads, thread => Assert.Equal(1, counts[string.Join(';', [thread.Name, .. Visible(dump.Of(thread))])]));
        Assert.All(counts.Keys, stack => Assert.True(stack.Split(';').Length >= 2, stack));
    }

    [Fact]
    public async Task FoldedStacksOfManyDumpsAddUp()
    {
        const int dumps = 7;
        var counts = FoldedStacks((await Tool.RunAsync(still.Id, "-n", $"{dumps}", "-i", "1", "-f", "folded")).Output);
        Assert.All(Target.Truth.Threads, thread => Assert.Equal(dumps, counts.Single(c => c.Key.StartsWith(thread.Name + ";", StringComparison.Ordinal)).Value));
        Assert.Equal(dumps, counts.Single(c => c.Key.StartsWith("Main;", StringComparison.Ordinal)).Value);
    }

    [Fact]
    public async Task ASpeedscopeProfileHasEachThreadsTime()
    {
        const int dumps = 6, interval = 3;
        using var document = JsonDocument.Parse((await Tool.RunAsync(still.Id, "-n", $"{dumps}", "-i", $"{interval}", "-f", "speedscope")).Output);
        var frames = document.RootElement.GetProperty("shared").GetProperty("frames");
        JsonElement[] profiles = [.. document.RootElement.GetProperty("profiles").EnumerateArray()];
        var dump = await Tool.DumpAsync(Target);
        Assert.All(Target.Truth.Threads, thread =>
        {
            var profile = profiles.Single(p => p.GetProperty("name").GetString() == $"{thread.Name} (tid {thread.OsId})");
            Assert.Equal("milliseconds", profile.GetProperty("unit").GetString());
            Assert.Equal(0, profile.GetProperty("startValue").GetDouble());
            Assert.Equal(dumps * interval, profile.GetProperty("endValue").GetDouble());
            Assert.Equal(dumps * interval, profile.GetProperty("weights").EnumerateArray().Sum(w => w.GetDouble()));

            // It stood still: one stack with all the weight.
            var stack = Assert.Single(profile.GetProperty("samples").EnumerateArray());
            Assert.Equal(Visible(dump.Of(thread)), stack.EnumerateArray().Select(i => frames[i.GetInt32()].GetProperty("name").GetString()!));
        });
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task DumpsComeOneAfterAnother(string format)
    {
        var result = await Tool.RunAsync(still.Id, "-n", "3", "-i", "10", "-f", format);
        if (format == "text")
        {
            Assert.Equal(3, DumpLine().Count(result.Output));
            Assert.Contains("\nUnchanged in both dumps, over ", result.Output, StringComparison.Ordinal);
            Assert.Contains("\nUnchanged in all 3 dumps, over ", result.Output, StringComparison.Ordinal);
            return;
        }

        var reader = new DumpReader();
        List<JsonDump> dumps = [];
        _ = result.Output;
        while (reader.Next(result.Bytes) is { } dump)
            dumps.Add(dump);
        Assert.Equal(3, dumps.Count);
        Assert.DoesNotContain(reader.Messages, m => m.Length > 0);
        Assert.All(dumps, dump => Assert.All(Target.Truth.Threads, thread => thread.AssertIn(dump)));
        // From the second dump on, they are compared. Nothing moves in this program.
        Assert.Equal([JsonValueKind.Null, JsonValueKind.Object, JsonValueKind.Object], dumps.Select(d => d.Root.GetProperty("series").ValueKind));
        Assert.Equal(3, dumps[^1].Root.GetProperty("series").GetProperty("dumps").GetInt32());
        Assert.All(Target.Truth.Threads, thread => Assert.True(dumps[^1].Root.GetProperty("threads").EnumerateArray()
            .Single(t => t.GetProperty("osId").GetInt32() == thread.OsId).GetProperty("unchanged").GetBoolean()));
        var times = dumps.Select(d => d.Root.GetProperty("capturedAt").GetDateTimeOffset()).ToArray();
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.Second - pair.First >= TimeSpan.FromMilliseconds(10), $"{pair}"));
    }

    private static Dictionary<string, int> FoldedStacks(string output)
    {
        string[] lines = output.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.Matches(@"^[^;\s][^;]*(;[^;\s][^;]*)* \d+$", line));
        return lines.ToDictionary(
            line => line[..line.LastIndexOf(' ')],
            line => int.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Outermost first, as both formats have it.</summary>
    private static IEnumerable<string> Visible(JsonThread thread) => thread.Shown.Select(f => f.FullName).Reverse();

    [GeneratedRegex(@"^Thread dump of Shapes \(pid \d+\) at ", RegexOptions.Multiline)]
    private static partial Regex DumpLine();
}
