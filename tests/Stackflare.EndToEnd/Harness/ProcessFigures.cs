using System.Globalization;

namespace Stackflare.EndToEnd.Harness;

/// <summary>What the kernel says that a process uses.</summary>
internal sealed record ProcessFigures(long ResidentBytes, int Threads, int Descriptors, IReadOnlyList<string> Mappings)
{
    public static ProcessFigures Of(int pid)
    {
        var status = File.ReadAllLines($"/proc/{pid}/status");
        return new(
            Field(status, "VmRSS:") * 1024,
            (int)Field(status, "Threads:"),
            Directory.GetFileSystemEntries($"/proc/{pid}/fd").Count(d => !IsAssembly(d)),
            [.. File.ReadAllLines($"/proc/{pid}/maps").Where(l => l.Contains('/')).Select(l => l[l.IndexOf('/')..])]);
    }

    /// <summary>The mappings of the probe, one for each time it is loaded.</summary>
    public IReadOnlyList<string> ProbeMappings { get; } = [.. Mappings.Where(m => m.Contains("stackflare_probe", StringComparison.Ordinal)).Distinct()];

    public override string ToString() => $"{ResidentBytes >> 20} MiB resident, {Threads} threads, {Descriptors} descriptors";

    /// <summary>
    /// The runtime holds the file of each assembly it has loaded, and loads one when code that needs it is first compiled, or compiled
    /// again: their number says nothing.
    /// </summary>
    private static bool IsAssembly(string descriptor) =>
        // Closed between the listing and this look: what is not there counts as little as an assembly.
        new FileInfo(descriptor).LinkTarget?.EndsWith(".dll", StringComparison.Ordinal) ?? true;

    private static long Field(string[] status, string name) =>
        long.Parse(status.Single(l => l.StartsWith(name, StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
