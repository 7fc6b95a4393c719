using System.IO.Compression;
using System.Xml.Linq;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Packaging;

/// <summary>Each package has what it should have, and nothing else.</summary>
[Collection(typeof(PackageCollection))]
public sealed class PackageContentTests(Packages packages)
{
    private const string Probe = "libstackflare_probe.so";

    /// <summary>What NuGet itself puts into every package.</summary>
    private static readonly string[] Wrapping = ["_rels/", "package/", "[Content_Types].xml"];

    [Fact]
    public void ThereAreThreePackages() =>
        Assert.Equal(
            [$"Stackflare.{Packages.Version}.nupkg", $"Stackflare.Cli.{Packages.Version}.nupkg", $"Stackflare.Cli.linux-x64.{Packages.Version}.nupkg"],
            Directory.EnumerateFiles(packages.Feed).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void TheLibraryComesWithItsDocumentationAndEveryProbeThatCouldBeBuilt()
    {
        using ZipArchive package = packages.Open("Stackflare");
        Assert.Equal(
            [
                "LICENSE", "README.md", "Stackflare.nuspec", "build/Stackflare.targets", "buildTransitive/Stackflare.targets",
                "lib/net8.0/Stackflare.dll", "lib/net8.0/Stackflare.xml", .. Platforms().Select(p => $"runtimes/{p}/native/{Probe}"),
            ],
            Contents(package));
        Assert.All(Platforms(), platform => Assert.Equal(Machine(platform), ReadMachine(package.GetEntry($"runtimes/{platform}/native/{Probe}")!)));
    }

    [Fact]
    public void TheToolIsOnePackageThatLeadsToOneWithTheExecutable()
    {
        using ZipArchive pointer = packages.Open("Stackflare.Cli"), executable = packages.Open("Stackflare.Cli.linux-x64");
        Assert.Equal(["LICENSE", "README.md", "Stackflare.Cli.nuspec", "tools/any/any/DotnetToolSettings.xml"], Contents(pointer));
        Assert.Equal(
            ["LICENSE", "README.md", "Stackflare.Cli.linux-x64.nuspec", "tools/any/linux-x64/DotnetToolSettings.xml", "tools/any/linux-x64/stackflare"],
            Contents(executable));
        Assert.Equal(Machine("linux-x64"), ReadMachine(executable.GetEntry("tools/any/linux-x64/stackflare")!));
    }

    [Theory]
    [InlineData("Stackflare", null)]
    [InlineData("Stackflare.Cli", "DotnetTool")]
    [InlineData("Stackflare.Cli.linux-x64", "DotnetToolRidPackage")]
    public void ThePackageSaysWhatItIs(string id, string? type)
    {
        using ZipArchive package = packages.Open(id);
        using Stream stream = package.GetEntry($"{id}.nuspec")!.Open();
        XElement metadata = XDocument.Load(stream).Root!.Elements().Single();
        string? Text(string name) => metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;

        Assert.Equal(id, Text("id"));
        Assert.Equal("MIT", Text("license"));
        Assert.Equal("README.md", Text("readme"));
        Assert.Contains("thread", Text("description"), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(type, metadata.Descendants().SingleOrDefault(e => e.Name.LocalName == "packageType")?.Attribute("name")?.Value);
        Assert.DoesNotContain(metadata.Descendants(), e => e.Name.LocalName == "dependency");
    }

    /// <summary>Neither paths of the machine that it was built on nor anything else of it is anybody's business.</summary>
    [Fact]
    public void NoFileNamesTheFolderThatItWasBuiltIn()
    {
        foreach (string id in new[] { "Stackflare", "Stackflare.Cli.linux-x64" })
        {
            using ZipArchive package = packages.Open(id);
            foreach (ZipArchiveEntry entry in package.Entries)
            {
                byte[] bytes = Read(entry);
                Assert.False(bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(TestPaths.RepositoryRoot)) >= 0, entry.FullName);
                Assert.False(bytes.AsSpan().IndexOf(System.Text.Encoding.Unicode.GetBytes(TestPaths.RepositoryRoot)) >= 0, entry.FullName);
            }
        }
    }

    /// <summary>The platforms that this machine can build for, in the order of their names.</summary>
    private static IEnumerable<string> Platforms()
    {
        if (Command.Find("aarch64-linux-gnu-gcc") is not null)
            yield return "linux-arm64";
        if (Command.Find("musl-gcc") is not null)
            yield return "linux-musl-x64";
        yield return "linux-x64";
    }

    private static IEnumerable<string> Contents(ZipArchive package) => package.Entries
        .Select(e => e.FullName)
        .Where(name => !Wrapping.Any(w => name.StartsWith(w, StringComparison.Ordinal)))
        .Order(StringComparer.Ordinal);

    private static int Machine(string platform) => platform.EndsWith("-arm64", StringComparison.Ordinal) ? 183 : 62; // EM_AARCH64, EM_X86_64

    private static int ReadMachine(ZipArchiveEntry entry) => BitConverter.ToUInt16(Read(entry), 18);

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
