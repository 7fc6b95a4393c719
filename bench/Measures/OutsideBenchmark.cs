using System.Globalization;
using System.Text.RegularExpressions;
using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;

namespace Stackflare.Bench.Measures;

/// <summary>Dumps of one program that is read from outside, in turns with dumps by its runtime.</summary>
internal static partial class OutsideBenchmark
{
    internal static OutsideResult Run(string what, Func<Shape, string[], Subject> start, int busy, ToolRunner runner, PublishedTool tool, BenchOptions options)
    {
        using Subject target = start(Shape.Reference, ["--no-trap", "--busy", Text(busy)]);
        List<double> stopped = [], outside = [], runtime = [];
        int complete = 0;
        for (int i = -1; i < options.ToolRounds(Shape.Reference); i++)
        {
            ToolSample read = runner.Run([tool.Path, Text(target.Id), "--external", "-f", "json"], "Gate.Park");
            Match pause = Pause().Match(runner.Output);
            bool isComplete = !runner.Output.Contains(" in time", StringComparison.Ordinal);
            ToolSample asked = runner.Run([tool.Path, Text(target.Id), "-f", "json"], "Gate.Park");
            if (read.ExitCode != 0 || !pause.Success || asked.ExitCode != 0)
                throw new BenchException($"{what}: {read.Errors} {asked.Errors}");
            // The first one reads the files of symbols.
            if (i < 0)
                continue;
            stopped.Add(double.Parse(pause.Groups[1].Value, CultureInfo.InvariantCulture));
            outside.Add(read.Milliseconds);
            runtime.Add(asked.Milliseconds);
            complete += isComplete ? 1 : 0;
        }
        return new OutsideResult(what, Distribution.Of(stopped), Distribution.Of(outside), Distribution.Of(runtime), complete, stopped.Count);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("\"pauseMs\": ?([\\d.]+)")]
    private static partial Regex Pause();
}

/// <summary>What a read from outside is like. Times are in milliseconds.</summary>
/// <param name="What">The program.</param>
/// <param name="Stopped">For how long threads were stopped, as the dump says.</param>
/// <param name="Outside">The tool, from start to exit.</param>
/// <param name="Runtime">The same where the runtime answers.</param>
/// <param name="Complete">How many dumps have every thread that had to be stopped.</param>
/// <param name="Dumps">How many dumps there are.</param>
internal sealed record OutsideResult(string What, Distribution Stopped, Distribution Outside, Distribution Runtime, int Complete, int Dumps);
