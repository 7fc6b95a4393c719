using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Packaging;

/// <summary>Anybody can check that the executable is the one that the commit gives.</summary>
public sealed class SameBytesTests
{
    [LongRunsFact]
    [Trait(Runs.Trait, Runs.Long)]
    public async Task TwoClonesInDifferentFoldersGiveTheSameExecutable()
    {
        using var folder = new TemporaryFolder();
        byte[] one = await PublishAsync(folder, "one"), other = await PublishAsync(folder, "another-folder-with-a-longer-name");
        Assert.True(one.AsSpan().SequenceEqual(other), $"{one.Length} and {other.Length} bytes, {one.Zip(other).Count(static p => p.First != p.Second)} of them different");
    }

    private static async Task<byte[]> PublishAsync(TemporaryFolder folder, string name)
    {
        string clone = Path.Combine(folder.Path, name), output = Path.Combine(folder.Path, name + "-out");
        (await new Command("git", "clone", "--quiet", "--no-local", "--depth", "1", $"file://{TestPaths.RepositoryRoot}", clone).RunAsync()).Succeeded();
        var publish = new Command("dotnet", "publish", "src/Stackflare.Cli", "-c", "Release", "-r", "linux-x64", "-o", output, "-nodeReuse:false") { Directory = clone };
        (await publish.RunAsync()).Succeeded();
        return await File.ReadAllBytesAsync(Path.Combine(output, "stackflare"), TestContext.Current.CancellationToken);
    }
}
