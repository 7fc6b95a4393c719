using Stackflare.Bench.Subjects;

namespace Stackflare.Bench.Tools;

/// <summary>The stackflare tool as it is shipped: one file, compiled ahead of time.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Bytes">How big it is.</param>
internal sealed record PublishedTool(string Path, long Bytes)
{
    private static readonly string Sources = System.IO.Path.Combine(Repository.Root, "src", "Stackflare.Cli");
    private static readonly string Destination = System.IO.Path.Combine(Repository.Root, "bench", "bin", "tool");

    /// <summary>Publishes it. Takes most of a minute the first time, and little when nothing has changed since.</summary>
    internal static PublishedTool Publish()
    {
        // A build server that stays would keep our end of the pipe open, and have a processor while others are measured.
        CommandResult published = CommandResult.Of(
            "dotnet", "publish", Sources, "-c", "Release", "-r", "linux-x64", "-o", Destination, "-nodeReuse:false", "-p:UseSharedCompilation=false");
        FileInfo file = new(System.IO.Path.Combine(Destination, "stackflare"));
        return published.Succeeded && file.Exists
            ? new PublishedTool(file.FullName, file.Length)
            : throw new BenchException($"The tool could not be published:\n{published.Output}");
    }
}
