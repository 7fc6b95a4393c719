using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Packaging;

/// <summary>Each package has what it should have, and nothing else.</summary>
[Collection(typeof(PackageCollection))]
public sealed class PackageContentTests(Packages packages)
{
    /// <summary>What the format of portable PDBs calls the text of a file that is in the PDB.</summary>
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    private const string Probe = "libstackflare_probe.so";

    /// <summary>What the library is compiled for in advance.</summary>
    private static readonly (string Platform, string Framework)[] Compiled =
        [("linux-arm64", "net10.0"), ("linux-arm64", "net11.0"), ("linux-x64", "net10.0"), ("linux-x64", "net11.0")];

    /// <summary>The mark of code for Linux in the processor of a file.</summary>
    private const System.Reflection.PortableExecutable.Machine Linux = (System.Reflection.PortableExecutable.Machine)0x7B79;

    /// <summary>What NuGet itself puts into every package.</summary>
    private static readonly string[] Wrapping = ["_rels/", "package/", "[Content_Types].xml"];

    [Fact]
    public void ThereAreThePackagesAndTheSymbolsOfTheLibraries() =>
        Assert.Equal(
            ((string[])[
                $"Stackflare.{Packages.Version}.nupkg", $"Stackflare.{Packages.Version}.snupkg", $"Stackflare.AspNetCore.{Packages.Version}.nupkg", $"Stackflare.AspNetCore.{Packages.Version}.snupkg",
                $"Stackflare.Cli.{Packages.Version}.nupkg", .. Executables().Select(p => $"Stackflare.Cli.{p}.{Packages.Version}.nupkg"),
            ]).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(packages.Feed).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void TheLibraryComesWithItsDocumentationAsMachineCodeAndWithEveryProbeThatCouldBeBuilt()
    {
        using ZipArchive package = packages.Open("Stackflare");
        Assert.Equal(
            ((string[])[
                "LICENSE", "README.md", "Stackflare.nuspec", "build/Stackflare.targets", "buildTransitive/Stackflare.targets", "lib/net8.0/Stackflare.dll", "lib/net8.0/Stackflare.xml",
                .. Compiled.Select(c => $"runtimes/{c.Platform}/lib/{c.Framework}/Stackflare.dll"), .. Platforms().Select(p => $"runtimes/{p}/native/{Probe}"),
            ]).Order(StringComparer.Ordinal),
            Contents(package));
        Assert.All(Platforms(), platform => Assert.Equal(Machine(platform), ReadMachine(package.GetEntry($"runtimes/{platform}/native/{Probe}")!)));
    }

    /// <summary>The same assembly, with code for the processor beside the IL.</summary>
    [Fact]
    public void TheMachineCodeIsThatOfTheLibrary()
    {
        using ZipArchive package = packages.Open("Stackflare");
        using var plain = new PEReader(new MemoryStream(Read(package.GetEntry("lib/net8.0/Stackflare.dll")!)));
        Assert.Equal(0, plain.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size);
        foreach (var (platform, framework) in Compiled)
        {
            using var compiled = new PEReader(new MemoryStream(Read(package.GetEntry($"runtimes/{platform}/lib/{framework}/Stackflare.dll")!)));
            Assert.NotEqual(0, compiled.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size);
            // The format marks the operating system in the field for the processor.
            Assert.Equal(platform == "linux-x64" ? System.Reflection.PortableExecutable.Machine.Amd64 : System.Reflection.PortableExecutable.Machine.Arm64, compiled.PEHeaders.CoffHeader.Machine ^ Linux);
            Assert.Equal(Mvid(plain), Mvid(compiled));
        }
    }

    /// <summary>It uses internal members of the library, so no other version will do.</summary>
    [Fact]
    public void ThePackageForAspNetCoreNeedsTheLibraryOfItsVersionAndTheFramework()
    {
        using ZipArchive package = packages.Open("Stackflare.AspNetCore");
        Assert.Equal(["LICENSE", "README.md", "Stackflare.AspNetCore.nuspec", "lib/net8.0/Stackflare.AspNetCore.dll", "lib/net8.0/Stackflare.AspNetCore.xml"], Contents(package));
        XElement metadata = Metadata("Stackflare.AspNetCore");
        XElement dependency = Assert.Single(metadata.Descendants(), e => e.Name.LocalName == "dependency");
        Assert.Equal(("Stackflare", $"[{Packages.Version}]"), (dependency.Attribute("id")!.Value, dependency.Attribute("version")!.Value));
        Assert.Equal("Microsoft.AspNetCore.App", Assert.Single(metadata.Descendants(), e => e.Name.LocalName == "frameworkReference").Attribute("name")!.Value);
        using ZipArchive symbols = packages.Open("Stackflare.AspNetCore", "snupkg");
        Assert.Equal(["Stackflare.AspNetCore.nuspec", "lib/net8.0/Stackflare.AspNetCore.pdb"], Contents(symbols));
    }

    /// <summary>The PDB is that of the assembly, names files as the repository has them, and carries those that no repository has.</summary>
    [Fact]
    public void TheSymbolPackageHasThePdb()
    {
        using ZipArchive package = packages.Open("Stackflare"), symbols = packages.Open("Stackflare", "snupkg");
        const string Pdb = "lib/net8.0/Stackflare.pdb";
        Assert.Equal(["Stackflare.nuspec", Pdb], Contents(symbols));
        using var assembly = new PEReader(new MemoryStream(Read(package.GetEntry("lib/net8.0/Stackflare.dll")!)));
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(Read(symbols.GetEntry(Pdb)!)));
        MetadataReader reader = provider.GetMetadataReader();

        DebugDirectoryEntry entry = assembly.ReadDebugDirectory().First(e => e.Type == DebugDirectoryEntryType.CodeView);
        Assert.Equal(assembly.ReadCodeViewDebugDirectoryData(entry).Guid, new BlobContentId(reader.DebugMetadataHeader!.Id).Guid);
        string[] paths = [.. reader.Documents.Select(d => reader.GetString(reader.GetDocument(d).Name))];
        Assert.Contains("/_/src/Stackflare/Flare.cs", paths);
        Assert.All(paths, p => Assert.StartsWith("/_/", p, StringComparison.Ordinal));
        var embedded = reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation)
            .Where(c => reader.GetGuid(c.Kind) == EmbeddedSource)
            .Select(c => reader.GetString(reader.GetDocument((DocumentHandle)c.Parent).Name));
        Assert.Equal(paths.Where(p => p.Contains("/obj/", StringComparison.Ordinal)).Order(), embedded.Order());
    }

    /// <summary>Debuggers fetch each file from where the repository is served. In a clone: the checkout may come from nowhere that serves files.</summary>
    [Fact]
    public async Task FilesAreFoundByTheAddressOfTheRepository()
    {
        using var clone = new TemporaryFolder();
        (await new Command("git", "clone", "--quiet", "--no-local", "--depth", "1", $"file://{TestPaths.RepositoryRoot}", clone.Path).RunAsync()).Succeeded();
        (await new Command("git", "-C", clone.Path, "remote", "set-url", "origin", "https://github.com/example/stackflare.git").RunAsync()).Succeeded();
        string commit = (await new Command("git", "-C", clone.Path, "rev-parse", "HEAD").RunAsync()).Succeeded().Trim();
        string project = Path.Combine(clone.Path, "src", "Stackflare");

        (await new Command("dotnet", "msbuild", project, "-restore", "-t:PrepareForBuild;GenerateSourceLinkFile", "-p:Configuration=Release", "-nodeReuse:false").RunAsync()).Succeeded();

        string map = await File.ReadAllTextAsync(
            Path.Combine(project, "obj", "Release", "net8.0", "Stackflare.sourcelink.json"), TestContext.Current.CancellationToken);
        Assert.Equal($$$"""{"documents":{"/_/*":"https://raw.githubusercontent.com/example/stackflare/{{{commit}}}/*"}}""", map);
    }

    [Fact]
    public void TheToolIsOnePackageThatLeadsToTheOnesWithTheExecutables()
    {
        using ZipArchive pointer = packages.Open("Stackflare.Cli");
        Assert.Equal(["LICENSE", "README.md", "Stackflare.Cli.nuspec", "tools/any/any/DotnetToolSettings.xml"], Contents(pointer));
        string settings = System.Text.Encoding.UTF8.GetString(Read(pointer.GetEntry("tools/any/any/DotnetToolSettings.xml")!));
        foreach (string platform in Executables())
        {
            using ZipArchive executable = packages.Open($"Stackflare.Cli.{platform}");
            Assert.Equal(
                ["LICENSE", "README.md", $"Stackflare.Cli.{platform}.nuspec", $"tools/any/{platform}/DotnetToolSettings.xml", $"tools/any/{platform}/stackflare"],
                Contents(executable));
            Assert.Equal(Machine(platform), ReadMachine(executable.GetEntry($"tools/any/{platform}/stackflare")!));
            Assert.Contains($"RuntimeIdentifier=\"{platform}\"", settings, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Stackflare", null)]
    [InlineData("Stackflare.AspNetCore", null)]
    [InlineData("Stackflare.Cli", "DotnetTool")]
    [InlineData("Stackflare.Cli.linux-x64", "DotnetToolRidPackage")]
    public void ThePackageSaysWhatItIs(string id, string? type)
    {
        XElement metadata = Metadata(id);
        string? Text(string name) => metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;

        Assert.Equal(id, Text("id"));
        Assert.Equal("MIT", Text("license"));
        Assert.Equal("README.md", Text("readme"));
        Assert.Contains("thread", Text("description"), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(type, metadata.Descendants().SingleOrDefault(e => e.Name.LocalName == "packageType")?.Attribute("name")?.Value);
        if (id != "Stackflare.AspNetCore")
            Assert.DoesNotContain(metadata.Descendants(), e => e.Name.LocalName == "dependency");
    }

    /// <summary>Neither paths of the machine that it was built on nor anything else of it is anybody's business.</summary>
    [Fact]
    public void NoFileNamesTheFolderThatItWasBuiltIn()
    {
        foreach (string id in (string[])["Stackflare", "Stackflare.AspNetCore", .. Executables().Select(p => $"Stackflare.Cli.{p}")])
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

    /// <summary>Those of them that there is a tool for. It needs no C library, so the SDK uses the same for musl.</summary>
    private static IEnumerable<string> Executables() => Platforms().Where(p => p != "linux-musl-x64");

    private XElement Metadata(string id)
    {
        using ZipArchive package = packages.Open(id);
        using Stream stream = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(stream).Root!.Elements().Single();
    }

    private static IEnumerable<string> Contents(ZipArchive package) => package.Entries
        .Select(e => e.FullName)
        .Where(name => !Wrapping.Any(w => name.StartsWith(w, StringComparison.Ordinal)))
        .Order(StringComparer.Ordinal);

    private static Guid Mvid(PEReader assembly)
    {
        MetadataReader reader = assembly.GetMetadataReader();
        return reader.GetGuid(reader.GetModuleDefinition().Mvid);
    }

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
