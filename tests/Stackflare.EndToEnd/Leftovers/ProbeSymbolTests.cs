using System.Diagnostics;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Leftovers;

/// <summary>The native probe needs and offers what its lists say, not one symbol more.</summary>
public sealed class ProbeSymbolTests
{
    [Theory]
    [InlineData("--undefined-only", "imports.allow")]
    [InlineData("--defined-only", "exports.allow")]
    public async Task TheProbeHasTheSymbolsOfItsList(string which, string list)
    {
        var start = new ProcessStartInfo("nm", ["-D", "--format=just-symbols", which, TestPaths.Probe]) { RedirectStandardOutput = true };
        using var nm = Process.Start(start)!;
        var output = await nm.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await nm.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, nm.ExitCode);

        // A weak symbol is a compiler's habit, not a need: it may be missing from the list of what is allowed.
        string[] symbols = [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split('@')[0]).Distinct().Order(StringComparer.Ordinal)];
        var allowed = (await File.ReadAllLinesAsync(Path.Combine(TestPaths.RepositoryRoot, "native", "probe", list), TestContext.Current.CancellationToken))
            .Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith('#')).ToHashSet();
        Assert.NotEmpty(symbols);
        Assert.Empty(symbols.Except(allowed));
        if (which == "--defined-only")
            Assert.Empty(allowed.Except(symbols));
    }
}
