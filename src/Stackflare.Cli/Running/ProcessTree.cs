using System.Globalization;
using Stackflare.Interop;
using Stackflare.Processes;

namespace Stackflare.Cli.Running;

/// <summary>A process and those that it has started, as the kernel knows them at one moment.</summary>
/// <param name="Pid">The id.</param>
/// <param name="Depth">How many processes are between it and the root.</param>
internal readonly record struct ProcessTree(int Pid, int Depth)
{
    private const int MaxProcesses = 100_000;

    /// <summary>The processes below a process, each before those that it has started, the oldest first.</summary>
    /// <param name="root">The process. It is not in the list.</param>
    /// <param name="without">Processes that are left out, with all below them.</param>
    public static IReadOnlyList<ProcessTree> Below(int root, IReadOnlySet<int>? without = null)
    {
        ILookup<int, int> children = All().ToLookup(static p => p.Parent, static p => p.Pid);
        List<ProcessTree> found = [];
        HashSet<int> seen = [];
        Add(root, 0);
        return found;

        void Add(int parent, int depth)
        {
            // Parents that were read at different times could form a cycle.
            foreach (int pid in children[parent].Where(p => without?.Contains(p) is not true && p != parent).OrderBy(static p => ProcessFiles.StartTicks(p)).ThenBy(static p => p))
            {
                if (found.Count == MaxProcesses || !seen.Add(pid))
                    return;
                found.Add(new ProcessTree(pid, depth));
                Add(pid, depth + 1);
            }
        }
    }

    /// <summary>All processes and their parents. Their memory is not touched, so that a process whose memory map is locked does not stop this.</summary>
    private static IEnumerable<(int Pid, int Parent)> All()
    {
        byte[] buffer = new byte[ProcessFiles.StatusBytes];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                && ProcessFiles.StatusNumber(ProcFile.Read($"/proc/{pid}/status", buffer), "\nPPid:"u8) is { } parent)
            {
                yield return (pid, (int)parent);
            }
        }
    }
}
