namespace Stackflare.Bench;

/// <summary>The repository that this program was built in.</summary>
internal static class Repository
{
    internal static string Root { get; } = FindRoot();

    /// <summary>The configuration that this program was built in, and the others with it.</summary>
    internal static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static string FindRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Stackflare.slnx")))
            directory = directory.Parent;
        return directory?.FullName ?? throw new DirectoryNotFoundException("Not run from within the repository.");
    }
}
