namespace Stackflare.Symbols.Modules;

/// <summary>
/// The additional symbol directories with all subdirectories, because a build has its files some levels deep. The files
/// are listed once, on first use.
/// </summary>
internal sealed class SymbolFolders(IReadOnlyList<string> directories)
{
    private static readonly EnumerationOptions Below = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = SymbolLimits.FolderDepth,
        IgnoreInaccessible = true,
        // A link can lead in a cycle, or to the root directory.
        AttributesToSkip = FileAttributes.ReparsePoint,
    };

    private Dictionary<string, List<string>>? _byName;

    /// <summary>The assemblies and PDBs with a name, in the order of the directories.</summary>
    public IReadOnlyList<string> Find(string fileName) => (_byName ??= List()).GetValueOrDefault(fileName) ?? [];

    private Dictionary<string, List<string>> List()
    {
        var byName = new Dictionary<string, List<string>>();
        int count = 0;
        foreach (string directory in directories)
        {
            foreach (string path in Files(directory))
            {
                if (++count > SymbolLimits.FolderFiles)
                    return byName;
                if (Path.GetExtension(path.AsSpan()) is not (".dll" or ".exe" or ".pdb"))
                    continue;
                string name = Path.GetFileName(path);
                if (!byName.TryGetValue(name, out List<string>? paths))
                    byName.Add(name, paths = []);
                paths.Add(path);
            }
        }
        return byName;
    }

    private static List<string> Files(string directory)
    {
        try
        {
            // Sorted, so that the same files give the same answer on every machine.
            return [.. Directory.EnumerateFiles(directory, "*", Below).Take(SymbolLimits.FolderFiles + 1).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
