using System.Diagnostics;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>The command-line tool as it is published: one file, compiled ahead of time.</summary>
internal static class Tool
{
    private static readonly string[] ScrubbedPrefixes = ["DOTNET_", "COMPlus_", "STACKFLARE_", "NO_COLOR", "TERM", "TMPDIR"];

    /// <summary>The build publishes it beside the configurations: it is the same for all of them.</summary>
    public static string Path { get; } = System.IO.Path.Combine(TestPaths.RepositoryRoot, "tests", "Stackflare.EndToEnd", "bin", "tool", "stackflare");

    /// <summary>Runs it to its end.</summary>
    public static Task<ToolResult> RunAsync(params string[] arguments) => RunAsync(ToolOptions.Default, arguments);

    /// <summary>Runs it to its end.</summary>
    public static async Task<ToolResult> RunAsync(ToolOptions options, params string[] arguments)
    {
        await using var tool = Start(options, arguments);
        return await tool.WaitAsync();
    }

    /// <summary>The same until no limit on time has cut the dump short.</summary>
    public static Task<ToolResult> RunWholeAsync(params string[] arguments) => RunWholeAsync(ToolOptions.Default, arguments);

    /// <summary>The same until no limit on time has cut the dump short.</summary>
    public static Task<ToolResult> RunWholeAsync(ToolOptions options, params string[] arguments) =>
        CutShort.UntilWholeAsync(() => RunAsync(options, arguments), result => result.RawOutput);

    /// <summary>A dump in JSON of a target, which must succeed.</summary>
    public static async Task<JsonDump> DumpAsync(TargetProcess target, params string[] arguments) =>
        (await RunWholeAsync([$"{target.Pid}", "-f", "json", .. arguments])).Json;

    public static ToolProcess Start(ToolOptions options, params string[] arguments)
    {
        string[] line = [.. options.Launcher, options.Executable ?? Path, .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(n => ScrubbedPrefixes.Any(p => n.StartsWith(p, StringComparison.Ordinal))).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in options.Environment)
            start.Environment[name] = value;
        return new ToolProcess(Programs.Start(start), string.Join(' ', line));
    }
}
