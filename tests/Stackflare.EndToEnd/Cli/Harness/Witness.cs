using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>What the tool does that it does not print; see witness.c.</summary>
internal sealed record Witness(ToolResult Result, IReadOnlyList<string> Notes)
{
    /// <summary>The names that the tool gave to threads.</summary>
    public IEnumerable<string> Threads => Noted("thread ");

    /// <summary>The processes whose memory maps it opened. The C library opens the tool's own, for the size of the stack.</summary>
    public IEnumerable<string> Maps => Noted("open /proc/").Where(f => f.EndsWith("/maps", StringComparison.Ordinal)).Select(f => f.Split('/')[0]).Where(p => p != "self");

    /// <summary>Runs the tool to its end.</summary>
    public static Task<Witness> RunAsync(params string[] arguments) => RunHangingAtAsync("", arguments);

    /// <summary>The same; to open this file takes for ever.</summary>
    public static async Task<Witness> RunHangingAtAsync(string file, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        string launcher = Path.Combine(folder.Path, "witness"), notes = Path.Combine(folder.Path, "notes");
        await FakeRuntime.CompileAsync([Path.Combine(TestPaths.RepositoryRoot, "tests", "Stackflare.EndToEnd", "Cli", "Harness", "witness.c"), "-o", launcher]);
        ToolResult result = await Tool.RunAsync(new ToolOptions { Launcher = [launcher, notes, file] }, arguments);
        return new Witness(result, await File.ReadAllLinesAsync(notes, TestContext.Current.CancellationToken));
    }

    private IEnumerable<string> Noted(string what) => Notes.Where(l => l.StartsWith(what, StringComparison.Ordinal)).Select(l => l[what.Length..]);
}
