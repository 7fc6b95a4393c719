using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;

namespace Stackflare.Bench.Measures;

/// <summary>Dumps of an ordinary service that hangs, as somebody takes them who has just been woken up: the tool, and no option.</summary>
internal static partial class ShopBenchmark
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    internal static ShopResult Run(ToolRunner runner, PublishedTool tool, int requests, BenchOptions options)
    {
        using Shop shop = Shop.Open(requests);
        string all = string.Create(CultureInfo.InvariantCulture, $"\n{requests:N0} requests in flight");
        for (long began = Stopwatch.GetTimestamp(); !Dump().Text.Contains(all, StringComparison.Ordinal);)
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
                throw new BenchException($"The shop's {requests} requests do not all hang.");
        }
        List<double> pause = [], time = [];
        int lines = 0, complete = 0;
        for (int i = 0; i < options.ShopDumps; i++)
        {
            (ToolSample sample, string text) = Dump();
            // Without a pause, there are no stacks.
            if (Paused().Match(text) is { Success: true } paused)
                pause.Add(double.Parse(paused.Groups[1].Value, CultureInfo.InvariantCulture));
            time.Add(sample.Milliseconds);
            lines = Math.Max(lines, sample.Lines);
            if (sample.Marks == 0 && text.Contains(all, StringComparison.Ordinal))
                complete++;
        }
        return new ShopResult(requests, Distribution.Of(pause), Distribution.Of(time), lines, options.ShopDumps, complete);

        (ToolSample Sample, string Text) Dump() => (runner.Run([tool.Path, shop.Id.ToString(CultureInfo.InvariantCulture)], "\nNote: "), runner.Output);
    }

    [GeneratedRegex(@", paused ([\d.]+) ms\n")]
    private static partial Regex Paused();
}
