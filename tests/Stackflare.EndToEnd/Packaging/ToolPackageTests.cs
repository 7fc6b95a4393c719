using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Packaging;

/// <summary>The tool, had in each of the ways that the SDK has.</summary>
[Collection(typeof(PackageCollection))]
public sealed class ToolPackageTests(Packages packages)
{
    private const string Id = "Stackflare.Cli";

    [Fact]
    public async Task InstalledToAFolderItDumps()
    {
        string folder = packages.Directory("tool-path/bin");
        await packages.DotnetForNewUserAsync("tool-path", "tool", "install", Id, "--tool-path", folder, "--source", packages.Feed);
        string tool = Path.Combine(folder, "stackflare");
        Assert.Equal(Packages.Version, (await new Command(tool, "--version").RunAsync()).Succeeded().Trim());

        await using var target = await TargetProcess.StartAsync(Flavour.Plain, "NamedThreads", TargetOptions.NoTrap);
        string dump = (await new Command(tool, $"{target.Pid}").RunAsync()).Succeeded();
        Assert.StartsWith($"Thread dump of Plain (pid {target.Pid})", dump, StringComparison.Ordinal);
        TruthThread first = target.Truth.Named("first");
        Assert.Contains($"\"first\" #{first.ManagedId} tid={first.OsId} ", dump, StringComparison.Ordinal);
        Assert.Contains($"NamedThreads.cs:line {first.Marks[^1].Line}\n", dump, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InstalledByAManifestItRuns()
    {
        await packages.DotnetForNewUserAsync("manifest", "new", "tool-manifest");
        await packages.DotnetForNewUserAsync("manifest", "tool", "install", Id, "--source", packages.Feed);
        Assert.Equal(Packages.Version, (await packages.DotnetForNewUserAsync("manifest", "stackflare", "--version")).Trim());
    }

    [Fact]
    public async Task RunWithoutInstallingItListsProcesses()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Plain, "NamedThreads", TargetOptions.NoTrap);
        string list = await packages.DotnetForNewUserAsync("dnx", "dnx", Id, "--source", packages.Feed, "--yes", "--", "ps");
        Assert.Contains(list.Split('\n'), line => line.TrimStart().StartsWith($"{target.Pid} ", StringComparison.Ordinal));
    }
}
