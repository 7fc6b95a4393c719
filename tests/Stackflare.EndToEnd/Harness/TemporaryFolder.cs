namespace Stackflare.EndToEnd.Harness;

/// <summary>A folder that ends with its owner. Its path is short: a socket's path has to fit into 107 bytes.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sf-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
