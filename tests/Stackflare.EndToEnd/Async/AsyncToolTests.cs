using System.Globalization;
using System.Text.Json;
using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>The tool's JSON has the async stacks that the program says it has, live and from a saved snapshot.</summary>
public sealed class AsyncToolTests
{
    [Theory]
    [InFlavours(Spread.Builds, LooksAt.Async, "--async")]
    [InFlavours(Spread.Newest, LooksAt.Async, null)]
    public async Task EachStackIsInTheJson(string flavour, string? option)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncTruth", TargetOptions.NoTrap);
        string file = Path.Combine(target.TemporaryFolder, "saved");
        string[] expected =
        [
            .. (await TruthStack.AllOfAsync(target)).Where(t => t.RunningThread is null && t.Kind != nameof(AsyncWaitKind.Cycle))
                .Select(t => $"{t.Kind} < {t.Calls}").Order(StringComparer.Ordinal),
        ];
        string[] options = option is null ? [] : [option];
        Assert.Equal(expected, Stacks((await Tool.RunWholeAsync([$"{target.Pid}", "-f", "json", .. options])).Output));
        Assert.Equal(expected, Stacks((await CutShort.UntilWholeAsync(SaveAndShowAsync, run => run.RawOutput)).Output));

        async Task<ToolResult> SaveAndShowAsync()
        {
            Assert.Equal(0, (await Tool.RunAsync([$"{target.Pid}", "--raw", file, .. options])).ExitCode);
            return await Tool.RunAsync("show", file, "-f", "json");
        }
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.StateMachines)]
    public async Task WhoeverDoesNotWantThemIsToldNothing(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncTruth", TargetOptions.NoTrap);
        using JsonDocument dump = JsonDocument.Parse((await Tool.RunAsync($"{target.Pid}", "--no-async", "-f", "json")).Output);
        Assert.Equal(JsonValueKind.Null, dump.RootElement.GetProperty("asyncStacks").ValueKind);
        target.Flavour.AssertNotes([.. dump.RootElement.GetProperty("notes").EnumerateArray().Select(n => n.GetString()!)]);
    }

    /// <summary>Of the program, but for cycles, which can begin anywhere.</summary>
    private static string[] Stacks(string json)
    {
        using JsonDocument dump = JsonDocument.Parse(json);
        JsonElement[] frames = [.. dump.RootElement.GetProperty("frames").EnumerateArray()];
        return
        [
            .. dump.RootElement.GetProperty("asyncStacks").EnumerateArray()
                .Where(s => !s.GetProperty("ofPlatform").GetBoolean() && s.GetProperty("waitingFor").GetProperty("kind").GetString() != "circle")
                .SelectMany(s => Enumerable.Repeat(Text(s, frames), s.GetProperty("count").GetInt32())).Order(StringComparer.Ordinal),
        ];
    }

    private static string Text(JsonElement stack, JsonElement[] frames)
    {
        string kind = stack.GetProperty("waitingFor").GetProperty("kind").GetString()!;
        IEnumerable<string> calls = stack.GetProperty("stack").EnumerateArray().Select(i => frames[i.GetInt32()]).Select(Text).SkipWhile(c => c.StartsWith("System.", StringComparison.Ordinal));
        return $"{char.ToUpperInvariant(kind[0])}{kind[1..]} < {string.Join(" < ", calls)}";
    }

    private static string Text(JsonElement frame)
    {
        JsonElement method = frame.GetProperty("method"), source = frame.GetProperty("source");
        int line = source.ValueKind == JsonValueKind.Null ? 0 : source.GetProperty("line").GetInt32();
        string name = $"{method.GetProperty("declaringType").GetString()}.{method.GetProperty("name").GetString()}";
        return string.Create(CultureInfo.InvariantCulture, $"{name.Replace("Stackflare.Targets.Shapes.Awaits.", "", StringComparison.Ordinal)}:{line}");
    }
}
