namespace Stackflare.Tests.Symbols;

/// <summary>A directory that is gone after the test.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("symbols").FullName;

    public string PathOf(string name) => Path.Combine(Root, name);

    public string Copy(string file, string? name = null)
    {
        string target = PathOf(name ?? Path.GetFileName(file));
        File.Copy(file, target, overwrite: true);
        return target;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
