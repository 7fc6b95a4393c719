using System.Globalization;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>A thread as the kernel sees it.</summary>
internal sealed class KernelThread
{
    private readonly string _folder;

    private KernelThread(string folder) => _folder = folder;

    /// <summary>The first thread of a process with a name.</summary>
    public KernelThread(int pid, string name)
        : this($"/proc/{pid}/task/{KernelThreads.Of(pid).First(t => t.Name == name).Id}")
    {
    }

    /// <summary>The thread that a process began with.</summary>
    public static KernelThread First(int pid) => new($"/proc/{pid}/task/{pid}");

    /// <summary>How often it has gone to sleep of its own will.</summary>
    public long Sleeps => long.Parse(
        File.ReadAllLines(_folder + "/status").Single(l => l.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal)).Split('\t')[1],
        CultureInfo.InvariantCulture);

    /// <summary>The kernel's function that it waits in.</summary>
    public string WaitChannel => File.ReadAllText(_folder + "/wchan");
}
