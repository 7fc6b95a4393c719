using System.Globalization;

namespace Stackflare.EndToEnd.Harness;

/// <summary>Which process is whose child, from the kernel's tables.</summary>
internal static class ProcessTree
{
    /// <summary>The process that takes itself for one id, among another process and those that it started, directly or not.</summary>
    /// <param name="root">The id of the outermost process, as we see it.</param>
    /// <param name="own">The id that the process has in its own namespace.</param>
    public static int Find(int root, int own)
    {
        if (Field(root, "NSpid:") == own)
            return root;
        foreach (int id in Below(root).Where(id => Field(id, "NSpid:") == own))
            return id;
        throw new InvalidOperationException($"Neither process {root} nor one below it takes itself for process {own}.");
    }

    /// <summary>The processes that a process has started, directly or not, its children first.</summary>
    public static IEnumerable<int> Below(int root)
    {
        var parents = Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(n => char.IsAsciiDigit(n![0]))
            .Select(n => int.Parse(n!, CultureInfo.InvariantCulture)).ToDictionary(id => id, id => Field(id, "PPid:"));
        for (List<int> generation = Children([root]); generation.Count > 0; generation = Children(generation))
        {
            foreach (int id in generation)
                yield return id;
        }

        List<int> Children(List<int> generation) => [.. parents.Where(p => p.Value is { } parent && generation.Contains(parent)).Select(p => p.Key)];
    }

    /// <summary>The last number of a field; null for a process that has ended.</summary>
    private static int? Field(int id, string name)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").Single(l => l.StartsWith(name, StringComparison.Ordinal));
            return int.Parse(line.Split('\t')[^1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return null;
        }
    }
}
