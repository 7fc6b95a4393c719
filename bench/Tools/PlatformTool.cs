using Stackflare.Bench.Subjects;

namespace Stackflare.Bench.Tools;

/// <summary>The platform's own diagnostic tools, which are packages.</summary>
internal static class PlatformTool
{
    private static readonly string Directory = Path.Combine(Repository.Root, "bench", "bin", "tools");

    /// <summary>The path of a tool. A whole run installs it, a quick one does not; null if it is not here.</summary>
    internal static string? Find(string name, BenchOptions options)
    {
        string path = Path.Combine(Directory, name);
        if (Command(name) is { } installed)
            return installed;
        if (!File.Exists(path) && !options.Quick)
            _ = CommandResult.Of("dotnet", "tool", "install", name, "--tool-path", Directory);
        return File.Exists(path) ? path : null;
    }

    /// <summary>Its name and version.</summary>
    internal static string Version(string path) => $"{Path.GetFileName(path)} {CommandResult.Of(path, "--version").FirstLine}";

    /// <summary>Where a command is; null if there is none.</summary>
    internal static string? Command(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
}
