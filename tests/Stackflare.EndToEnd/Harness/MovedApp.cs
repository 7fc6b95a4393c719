using System.Text;

namespace Stackflare.EndToEnd.Harness;

/// <summary>
/// A copy of a target as it would lie in a container: neither its own PDBs nor those of the build are where it says, and in the
/// end it is gone itself.
/// </summary>
internal sealed class MovedApp : IDisposable
{
    private readonly TemporaryFolder _app = new(), _symbols = new();

    public MovedApp(Flavour flavour)
    {
        string from = Path.GetDirectoryName(flavour.Executable)!;
        // As long, and nowhere; metadata has paths in UTF-8, so that the texts of the program stay.
        byte[] here = Encoding.UTF8.GetBytes(TestPaths.RepositoryRoot), nowhere = [.. here];
        nowhere.AsSpan(1, nowhere.Length - 1).Replace((byte)'/', (byte)'_');
        nowhere[^1] = (byte)'~';
        foreach (string file in Directory.EnumerateFiles(from))
        {
            byte[] bytes = File.ReadAllBytes(file);
            if (Path.GetExtension(file) is ".dll" or "")
                ReplaceAll(bytes, here, nowhere);
            string copy = Path.Combine(_app.Path, Path.GetFileName(file));
            File.WriteAllBytes(copy, bytes);
            File.SetUnixFileMode(copy, File.GetUnixFileMode(file));
        }
        Flavour = flavour with { Executable = Path.Combine(_app.Path, Path.GetFileName(flavour.Executable)) };
    }

    public Flavour Flavour { get; }

    /// <summary>A directory of PDBs and nothing else, once <see cref="RemovePdbs"/> was called.</summary>
    public string Symbols => _symbols.Path;

    /// <summary>Not before the program has started: some read them on purpose.</summary>
    public void RemovePdbs()
    {
        foreach (string pdb in Directory.GetFiles(_app.Path, "*.pdb"))
        {
            File.Copy(pdb, Path.Combine(Symbols, Path.GetFileName(pdb)));
            File.Delete(pdb);
        }
    }

    public void RemoveAll()
    {
        foreach (string file in Directory.GetFiles(_app.Path))
            File.Delete(file);
    }

    public void Dispose()
    {
        _app.Dispose();
        _symbols.Dispose();
    }

    private static void ReplaceAll(Span<byte> bytes, ReadOnlySpan<byte> what, ReadOnlySpan<byte> by)
    {
        for (int at; (at = bytes.IndexOf(what)) >= 0; bytes = bytes[(at + by.Length)..])
            by.CopyTo(bytes[at..]);
    }
}
