using Stackflare.Bench.Subjects;

namespace Stackflare.Bench;

/// <summary>Publishes what is measured as its users have it.</summary>
internal static class Published
{
    /// <param name="project">The project's folder in the repository.</param>
    /// <param name="name">The folder for the output, in bench/bin.</param>
    /// <param name="file">The file that is wanted.</param>
    /// <param name="properties">More arguments for the SDK.</param>
    internal static FileInfo Make(string project, string name, string file, params string[] properties)
    {
        string destination = Path.Combine(Repository.Root, "bench", "bin", name);
        // A build server that stays would keep our end of the pipe open, and have a processor while others are measured.
        CommandResult published = CommandResult.Of(
            "dotnet",
            [
                "publish", Path.Combine(Repository.Root, project), "-c", "Release", "-r", "linux-x64", "-o", destination,
                "-nodeReuse:false", "-p:UseSharedCompilation=false", .. properties,
            ]);
        FileInfo made = new(Path.Combine(destination, file));
        return published.Succeeded && made.Exists ? made : throw new BenchException($"{project} could not be published:\n{published.Output}");
    }
}
