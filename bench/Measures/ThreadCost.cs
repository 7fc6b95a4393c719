using System.Globalization;

namespace Stackflare.Bench.Measures;

/// <summary>What the kernel says that a thread has cost since it began.</summary>
/// <param name="Name">The kernel's name of it.</param>
/// <param name="WakeUps">How often it gave up its processor to wait, and so how often it was woken.</param>
/// <param name="CpuNanoseconds">Processor time.</param>
internal sealed record ThreadCost(string Name, long WakeUps, long CpuNanoseconds)
{
    /// <summary>Reads <c>/proc/{pid}/task/{tid}</c>.</summary>
    internal static ThreadCost Of(string task)
    {
        string[] status = File.ReadAllLines(Path.Combine(task, "status"));

        // In nanoseconds, where the tick of `stat` is 10 ms.
        string schedule = File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0];
        return new ThreadCost(
            Value(status, "Name"),
            long.Parse(Value(status, "voluntary_ctxt_switches"), CultureInfo.InvariantCulture),
            long.Parse(schedule, CultureInfo.InvariantCulture));
    }

    private static string Value(string[] status, string name) =>
        status.First(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..].Trim();
}
