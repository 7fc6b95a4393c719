using System.IO.Compression;
using System.Reflection;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Packaging;

/// <summary>
/// The packages, made once by the command that CONTRIBUTING.md names, in a folder that serves as a feed. What uses them keeps its
/// packages and settings in that folder too, so that nothing of it is left on the machine, nor anything found there that was left before.
/// </summary>
public sealed class Packages : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The version that is packed.</summary>
    public static string Version { get; } =
        typeof(Flare).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The folder with the packages.</summary>
    internal string Feed => Directory("feed");

    /// <summary>Where the packages are unpacked to that a command uses.</summary>
    internal string Unpacked => Directory("packages");

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <add key="stackflare" value="{Feed}" />
              </packageSources>
            </configuration>
            """);
        (await new Command("dotnet", "pack", "-c", "Release", "-o", Feed) { Environment = Quiet() }.RunAsync()).Succeeded();
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A folder beside the feed, made if need be.</summary>
    internal string Directory(string name) => System.IO.Directory.CreateDirectory(Path.Combine(_folder.Path, name)).FullName;

    /// <summary>A package, to look into.</summary>
    internal ZipArchive Open(string id, string extension = "nupkg") => ZipFile.OpenRead(Path.Combine(Feed, $"{id}.{Version}.{extension}"));

    /// <summary>Writes a program that uses one of the packages, and returns its folder.</summary>
    internal async Task<string> ProjectAsync(string name, string sdk, string package, string program)
    {
        string folder = Directory(name);
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync($"{folder}/Program.cs", program, cancellation);
        await File.WriteAllTextAsync($"{folder}/{name}.csproj", $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="{package}" Version="{Version}" />
              </ItemGroup>
            </Project>
            """, cancellation);
        return folder;
    }

    /// <summary>Runs the SDK in one of the folders, with the feed added to the sources of this machine.</summary>
    internal async Task<string> DotnetAsync(string folder, params string[] arguments)
    {
        Dictionary<string, string> environment = Quiet();
        // What restores have brought to this machine before does not have to come again.
        environment["NUGET_FALLBACK_PACKAGES"] = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        environment["NUGET_PACKAGES"] = Unpacked;
        var command = new Command("dotnet", arguments) { Directory = Directory(folder), Environment = environment };
        return (await command.RunAsync()).Succeeded();
    }

    /// <summary>Runs the SDK for a user who has nothing yet, with no package source but those of the arguments.</summary>
    internal Task<string> DotnetForNewUserAsync(string folder, params string[] arguments) => DotnetForNewUserAsync(folder, Quiet(), arguments);

    /// <summary>The same on another platform, as far as the SDK knows.</summary>
    internal Task<string> DotnetOnPlatformAsync(string platform, string folder, params string[] arguments) =>
        DotnetForNewUserAsync(folder, new(Quiet()) { ["DOTNET_RUNTIME_ID"] = platform }, arguments);

    private async Task<string> DotnetForNewUserAsync(string folder, Dictionary<string, string> environment, string[] arguments)
    {
        environment["NUGET_PACKAGES"] = Directory($"{folder}/packages");
        environment["DOTNET_CLI_HOME"] = Directory($"{folder}/home");
        var command = new Command("dotnet", arguments) { Directory = Directory(folder), Environment = environment };
        return (await command.RunAsync()).Succeeded();
    }

    /// <summary>No servers that outlive the command, and would keep its output open; nothing printed that is not asked for.</summary>
    private static Dictionary<string, string> Quiet() => new()
    {
        ["MSBUILDDISABLENODEREUSE"] = "1",
        ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0",
        ["UseSharedCompilation"] = "false",
        ["DOTNET_NOLOGO"] = "1",
        ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
        ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
        ["DOTNET_CLI_UI_LANGUAGE"] = "en",
    };
}
