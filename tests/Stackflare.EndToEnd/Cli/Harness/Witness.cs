using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>What the tool does that it does not print; see witness.c.</summary>
internal sealed record Witness(ToolResult Result, IReadOnlyList<string> Notes)
{
    /// <summary>The names that the tool gave to threads.</summary>
    public IEnumerable<string> Threads => Noted("thread ");

    /// <summary>The processes whose memory maps it opened.</summary>
    public IEnumerable<string> Maps => Noted("open /proc/").Where(f => f.EndsWith("/maps", StringComparison.Ordinal)).Select(f => f.Split('/')[0]);

    /// <summary>Runs the tool to its end.</summary>
    public static Task<Witness> RunAsync(params string[] arguments) => RunAsync([], arguments);

    /// <summary>The same; to open a file of this name takes for ever.</summary>
    public static Task<Witness> RunHangingAtAsync(string name, params string[] arguments) => RunAsync(new() { ["WITNESS_HANGS"] = name }, arguments);

    private static async Task<Witness> RunAsync(Dictionary<string, string?> environment, string[] arguments)
    {
        using var folder = new TemporaryFolder();
        string library = Path.Combine(folder.Path, "witness.so"), notes = Path.Combine(folder.Path, "notes");
        string source = Path.Combine(TestPaths.RepositoryRoot, "tests", "Stackflare.EndToEnd", "Cli", "Harness", "witness.c");
        await FakeRuntime.CompileAsync(["-shared", "-fPIC", source, "-o", library, "-ldl"]);
        (environment["LD_PRELOAD"], environment["WITNESS"]) = (library, notes);
        ToolResult result = await Tool.RunAsync(new ToolOptions { Environment = environment }, arguments);
        return new Witness(result, await File.ReadAllLinesAsync(notes, TestContext.Current.CancellationToken));
    }

    private IEnumerable<string> Noted(string what) => Notes.Where(l => l.StartsWith(what, StringComparison.Ordinal)).Select(l => l[what.Length..]);
}
