namespace Stackflare.EndToEnd.Harness;

/// <summary>Lets .NET programs for musl run where there is no system of musl: musl itself, and this system's C++ library made to fit.</summary>
internal static class MuslLibraries
{
    private static readonly string[] Names = ["libstdc++.so.6", "libgcc_s.so.1"];

    private static readonly string[] Folders = ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64"];

    /// <summary>What there is not that would be needed; null where everything is there.</summary>
    public static string? Missing =>
        Command.Find("musl-gcc") is null ? "musl-gcc is not installed"
        : !File.Exists("/lib/ld-musl-x86_64.so.1") ? "musl's dynamic linker (musl) is not installed"
        : Names.FirstOrDefault(n => Find(n) is null) is { } name ? $"{name} is not installed"
        : null;

    /// <summary>Puts the libraries into a folder. Gives the environment that programs find them with.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> PrepareAsync(string folder)
    {
        foreach (string name in Names)
            File.Copy(Find(name)!, Path.Combine(folder, name));
        string shim = Path.Combine(TestPaths.RepositoryRoot, "tests/Stackflare.EndToEnd/Harness/musl_shim.c");
        (await new Command("musl-gcc", "-shared", "-fPIC", "-o", Path.Combine(folder, "ld-linux-x86-64.so.2"), shim).RunAsync()).Succeeded();
        return new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = folder };
    }

    private static string? Find(string name) => Folders.Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);
}
