using System.Globalization;

namespace Stackflare.Bench.Measures;

/// <summary>What the kernel says that a process costs at this moment.</summary>
/// <param name="ResidentKilobytes">Memory in RAM, shared pages in full.</param>
/// <param name="ProportionalKilobytes">The same, a shared page divided among those who share it.</param>
/// <param name="PrivateKilobytes">Memory in RAM that is the process's alone.</param>
/// <param name="Threads">The threads, by the kernel's id.</param>
internal sealed record IdleCost(
    double ResidentKilobytes, double ProportionalKilobytes, double PrivateKilobytes, IReadOnlyDictionary<int, ThreadCost> Threads)
{
    internal static IdleCost Of(int process)
    {
        Dictionary<string, double> memory = [];
        foreach (string line in File.ReadLines($"/proc/{process}/smaps_rollup").Skip(1))
        {
            string[] parts = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            memory[parts[0]] = double.Parse(parts[1], CultureInfo.InvariantCulture);
        }

        return new IdleCost(
            memory["Rss:"],
            memory["Pss:"],
            memory["Private_Clean:"] + memory["Private_Dirty:"],
            Directory.EnumerateDirectories($"/proc/{process}/task").ToDictionary(
                task => int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), ThreadCost.Of));
    }
}
