using Stackflare.Bench.Measures;
using static Stackflare.Bench.Reporting.Figures;

namespace Stackflare.Bench.Reporting;

/// <summary>The part about .NET 11 against .NET 10.</summary>
internal sealed partial class Report
{
    internal void Runtimes(IReadOnlyList<RuntimeResult> results)
    {
        Write("### The same program on .NET 10 and on .NET 11\n");
        Write("By the probe's clock, in turns. A part that is not there was not looked at.\n");
        Table table = new("", "pause: median", "min", "p95", "of .NET 10's", "walk", "locks", "heap");
        foreach (RuntimeResult result in results)
        {
            Add(".NET 10", result.Ten, 1);
            Add(".NET 11", result.Eleven, result.Ratio);

            void Add(string runtime, RuntimeFigures figures, double ratio) => table.Add(
                $"{runtime}: {result.What}",
                Milliseconds(figures.Pause.Median),
                Milliseconds(figures.Pause.Min),
                Milliseconds(figures.Pause.P95),
                Of(ratio) + " ×",
                Milliseconds(figures.Walk.Median),
                figures.Locks is { } locks ? Milliseconds(locks.Median) : "–",
                figures.Heap is { } heap ? Milliseconds(heap.Median) : "–");
        }

        Write(table.ToString());
        _goals.Add(new($"Pause on .NET 11 against .NET 10: {results[0].What}", 1.2, results[0].Ratio, "×"));
        if (results[0].Eleven.Locks is { } known)
            _goals.Add(new("Locks on .NET 11, of the pause", 0.3, known.Median, "ms"));
    }
}
