namespace Stackflare.EndToEnd.Harness;

/// <summary>Where the build put things.</summary>
internal static class TestPaths
{
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>The configuration of this build, which the targets share.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>The library as it is shipped, with the probe beside it.</summary>
    public static string Library { get; } = Path.Combine(AppContext.BaseDirectory, "Stackflare.dll");

    public static string Probe { get; } = Path.Combine(AppContext.BaseDirectory, "libstackflare_probe.so");

    public static string TargetOutput(string project, string framework) =>
        Path.Combine(RepositoryRoot, "tests", "Targets", project, "bin", Configuration, framework);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Stackflare.slnx")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No Stackflare.slnx above {AppContext.BaseDirectory}.");
    }
}
