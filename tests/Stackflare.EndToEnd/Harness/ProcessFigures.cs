using System.Globalization;

namespace Stackflare.EndToEnd.Harness;

/// <summary>
/// What the kernel says that a process uses, by name: so that two looks are compared as sets, and a failure says what is there more. What the runtime itself brings and takes at
/// moments of its own choice is left out: the thread that compiles hot code again, and the files of its assemblies and native libraries, which it opens and keeps when code that needs
/// them is first compiled or run.
/// </summary>
/// <param name="ResidentBytes">The memory that is resident.</param>
/// <param name="Threads">The names of its threads.</param>
/// <param name="Descriptors">What its descriptors are of, without the numbers of sockets and pipes.</param>
/// <param name="Mappings">The files that are mapped, one for each mapping.</param>
internal sealed record ProcessFigures(long ResidentBytes, IReadOnlyList<string> Threads, IReadOnlyList<string> Descriptors, IReadOnlyList<string> Mappings)
{
    private const string SocketPrefix = "socket:[";

    public static ProcessFigures Of(int pid)
    {
        // A program in one file has its assemblies in there, and a descriptor of itself for each that it has loaded.
        string program = new FileInfo($"/proc/{pid}/exe").LinkTarget ?? "";
        return new(
            ResidentBytesOf(pid),
            [.. KernelThreads.NamesOf(pid).Where(n => !KernelThreads.IsPassing(n))],
            [.. Open(pid).Where(d => !IsOfPlatform(d) && d != program).Select(WithoutNumber)],
            [.. File.ReadAllLines($"/proc/{pid}/maps").Where(l => l.Contains('/')).Select(l => l[l.IndexOf('/')..])]);
    }

    /// <summary>The mappings of the probe, one for each time it is loaded.</summary>
    public IReadOnlyList<string> ProbeMappings { get; } = [.. Mappings.Where(m => m.Contains("stackflare_probe", StringComparison.Ordinal)).Distinct()];

    /// <summary>Whether a process has a connection open: the runtime closes its end some moments after a dump has been written.</summary>
    public static bool HasConnection(int pid)
    {
        const int State = 5, Number = 6;
        const string Connected = "03";
        HashSet<string> sockets = [.. Open(pid).Where(d => d.StartsWith(SocketPrefix, StringComparison.Ordinal)).Select(d => d[SocketPrefix.Length..^1])];
        return sockets.Count > 0 && File.ReadLines($"/proc/{pid}/net/unix").Skip(1)
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Any(f => f[State] == Connected && sockets.Contains(f[Number]));
    }

    /// <summary>What there is more of than there was before, a line each.</summary>
    public IReadOnlyList<string> Beyond(ProcessFigures before) =>
    [
        .. More("thread", Threads, before.Threads),
        .. More("descriptor of", Descriptors, before.Descriptors),
        .. Mappings.Except(before.Mappings).Where(m => !IsOfPlatform(m)).Select(m => "mapping of " + m),
    ];

    public override string ToString() => $"{ResidentBytes >> 20} MiB resident, {Threads.Count} threads, {Descriptors.Count} descriptors";

    private static IEnumerable<string> More(string what, IReadOnlyList<string> now, IReadOnlyList<string> before)
    {
        var more = now.ToList();
        foreach (string name in before)
            more.Remove(name);
        return more.Select(name => $"{what} {name}");
    }

    /// <summary>What the descriptors are of. One that is closed between the listing and the look is left out.</summary>
    private static IEnumerable<string> Open(int pid) => Directory.GetFileSystemEntries($"/proc/{pid}/fd").Select(d => new FileInfo(d).LinkTarget).OfType<string>();

    private static string WithoutNumber(string descriptor) =>
        descriptor.LastIndexOf('[') is > 0 and var start && descriptor.AsSpan(start + 1).TrimEnd(']').ContainsAnyExceptInRange('0', '9') is false ? descriptor[..start] : descriptor;

    private static bool IsOfPlatform(string file) => file.EndsWith(".dll", StringComparison.Ordinal) || Path.GetFileName(file).StartsWith("libSystem.", StringComparison.Ordinal);

    private static long ResidentBytesOf(int pid)
    {
        string line = File.ReadLines($"/proc/{pid}/status").Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
