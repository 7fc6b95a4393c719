using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Leftovers;

/// <summary>The native probe needs and offers what its lists say, not one symbol more, on every platform that it is built for.</summary>
public sealed class ProbeSymbolTests
{
    /// <summary>Every glibc that .NET 8 and later support has at least this version.</summary>
    private static readonly Version OldestGlibc = new(2, 17);

    [Theory]
    [InlineData("--undefined-only", "imports.allow")]
    [InlineData("--defined-only", "exports.allow")]
    public Task TheProbeHasTheSymbolsOfItsList(string which, string list) => AssertAsync("linux-x64", which, list);

    [RequiresCompilerTheory("aarch64-linux-gnu-gcc")]
    [InlineData("--undefined-only", "imports.allow")]
    [InlineData("--defined-only", "exports.allow")]
    public Task TheProbeForArmHasTheSymbolsOfItsList(string which, string list) => AssertAsync("linux-arm64", which, list);

    [RequiresCompilerTheory("musl-gcc")]
    [InlineData("--undefined-only", "imports.allow")]
    [InlineData("--defined-only", "exports.allow")]
    public Task TheProbeForMuslHasTheSymbolsOfItsList(string which, string list) => AssertAsync("linux-musl-x64", which, list);

    private static async Task AssertAsync(string platform, string which, string list)
    {
        string probe = Path.Combine(TestPaths.RepositoryRoot, "src/Stackflare/obj/probe", platform, "libstackflare_probe.so");
        string[] versioned = (await new Command("nm", "-D", "--format=just-symbols", which, probe).RunAsync()).Succeeded()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] symbols = [.. versioned.Select(s => s.Split('@')[0]).Distinct()];

        // A weak symbol is a compiler's habit, not a need: it may be missing from the list of what is allowed.
        var allowed = (await File.ReadAllLinesAsync(Path.Combine(TestPaths.RepositoryRoot, "native", "probe", list), TestContext.Current.CancellationToken))
            .Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith('#')).ToHashSet();
        Assert.NotEmpty(symbols);
        Assert.Empty(symbols.Except(allowed));
        if (which == "--defined-only")
            Assert.Empty(allowed.Except(symbols));
        // Whatever it was built on, it has to load in a container with an older system.
        Assert.All(versioned.Where(s => s.Contains("@GLIBC_", StringComparison.Ordinal)), s => Assert.True(Version.Parse(s.Split('_')[^1]) <= OldestGlibc, s));
    }
}
