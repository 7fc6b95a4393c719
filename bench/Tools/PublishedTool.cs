namespace Stackflare.Bench.Tools;

/// <summary>The stackflare tool as it is shipped: one file, compiled ahead of time.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Bytes">How big it is.</param>
internal sealed record PublishedTool(string Path, long Bytes)
{
    private static readonly Lazy<PublishedTool> Once = new(static () =>
    {
        FileInfo file = Published.Make(System.IO.Path.Combine("src", "Stackflare.Cli"), "tool", "stackflare");
        return new PublishedTool(file.FullName, file.Length);
    });

    /// <summary>Publishes it on first use. Takes most of a minute the first time, and little when nothing has changed since.</summary>
    internal static PublishedTool Publish() => Once.Value;
}
