using Stackflare.Bench.Measures;
using static Stackflare.Bench.Reporting.Figures;

namespace Stackflare.Bench.Reporting;

/// <summary>The part about core files and processes that are read from outside.</summary>
internal sealed partial class Report
{
    internal void Cores(IReadOnlyList<CoreResult> results)
    {
        CoreResult threads = results[0], async = results[1];
        Write($"### A core file of {Size(threads.Bytes)}: {Shape.Reference}, 1,000 async methods that wait\n");
        Write("All readers find the file in the kernel's cache.\n");
        Table table = new("", "start to exit: median", "min", "p95", "of stackflare's", "peak memory", "lines");
        foreach (CoreResult result in results)
        {
            table.Add(
                result.Name, Milliseconds(result.Time.Median), Milliseconds(result.Time.Min), Milliseconds(result.Time.P95), Of(result.Time.Median / threads.Time.Median) + " ×",
                Megabytes(result.PeakMegabytes), Whole(result.Lines));
        }
        Write(table.ToString());
        _goals.Add(new("Core, threads and locks", 60, threads.Time.Median, "ms"));
        _goals.Add(new("Core, threads and locks: peak memory", 40, threads.PeakMegabytes, "MB"));
        _goals.Add(new("Core, with async stacks", 2500, async.Time.Median, "ms"));
        foreach (CoreResult peer in results.Skip(2))
            _goals.Add(new($"Core, threads and locks, against {peer.Name}", 0.1, threads.Time.Median / peer.Time.Median, "×"));
    }

    internal void Outside(IReadOnlyList<OutsideResult> results)
    {
        Write($"### A process that is read from outside: {Shape.Reference}\n");
        Table table = new("", "threads stopped: median", "max", "tool, start to exit", "where the runtime answers", "complete dumps");
        foreach (OutsideResult result in results)
        {
            table.Add(
                result.What, Milliseconds(result.Stopped.Median), Milliseconds(result.Stopped.P95), Milliseconds(result.Outside.Median), Milliseconds(result.Runtime.Median),
                $"{result.Complete} of {result.Dumps}");
            _goals.Add(new($"Read from outside: threads stopped, {result.What}", result.What.EndsWith("wait", StringComparison.Ordinal) ? 0 : 10, result.Stopped.Median, "ms"));
        }
        Write(table.ToString());
    }
}
