using System.IO.Compression;
using System.Security.Cryptography;
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

    /// <summary>There are no packages for musl: it gets those for glibc, whose executables need neither.</summary>
    [Theory]
    [InlineData("linux-musl-x64", "linux-x64")]
    public Task OnMuslItIsTheSameExecutable(string platform, string taken) => AssertInstalledAsync(platform, taken);

    [RequiresCompilerTheory("aarch64-linux-gnu-gcc")]
    [InlineData("linux-arm64", "linux-arm64")]
    [InlineData("linux-musl-arm64", "linux-arm64")]
    public Task OnArmItIsTheOneForArm(string platform, string taken) => AssertInstalledAsync(platform, taken);

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

    private async Task AssertInstalledAsync(string platform, string taken)
    {
        string folder = packages.Directory($"on-{platform}/bin");
        await packages.DotnetOnPlatformAsync(platform, $"on-{platform}", "tool", "install", Id, "--tool-path", folder, "--source", packages.Feed);
        string tool = Assert.Single(Directory.GetFiles(Path.Combine(folder, ".store"), "stackflare", SearchOption.AllDirectories));
        using ZipArchive package = packages.Open($"{Id}.{taken}");
        using Stream inPackage = package.GetEntry($"tools/any/{taken}/stackflare")!.Open();
        Assert.Equal(SHA256.HashData(inPackage), SHA256.HashData(await File.ReadAllBytesAsync(tool, TestContext.Current.CancellationToken)));
    }
}
