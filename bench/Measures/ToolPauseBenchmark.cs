using System.Diagnostics;
using System.Globalization;
using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;
using Stackflare.BenchTarget;

namespace Stackflare.Bench.Measures;

/// <summary>
/// How long a program stands still while a tool looks at it, as one of its own threads sees it that only reads the clock.
/// The tools take turns at one program; windows in which none does anything alternate with theirs.
/// </summary>
internal static class ToolPauseBenchmark
{
    internal static IReadOnlyList<ToolPauseResult> Run(ToolRunner runner, ToolSet tools, BenchOptions options)
    {
        using Subject target = Subject.StartTarget(tools.Shape, "--no-trap", "--heartbeat");

        // The heartbeat has the first processor to itself; this process and the tools keep off it. Only now: the target would inherit it.
        int[] processors = Affinity.Allowed();
        if (processors.Length >= 2)
            Affinity.BindProcess(processors[1]);

        try
        {
            return Measure(runner, target, tools, options.ToolPauseRounds(tools.Shape));
        }
        finally
        {
            Affinity.BindProcess(processors);
        }
    }

    private static ToolPauseResult[] Measure(ToolRunner runner, Subject target, ToolSet tools, int rounds)
    {
        // The program in Java has no heartbeat.
        (ToolContestant Contestant, ToolVariant Variant)[] members = [.. tools.Members.Where(member => !member.Contestant.LooksAtJvm)];
        List<double>[] with = [.. members.Select(_ => new List<double>())], without = [.. members.Select(_ => new List<double>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < members.Length; i++)
            {
                (ToolContestant contestant, ToolVariant variant) = members[i];
                string[] command = variant.Command($"{target.Id}");
                long began = Stopwatch.GetTimestamp();
                target.Ask("reset");
                ToolSample sample = runner.Run(command, contestant.Mark);
                double gap = Milliseconds(target.Ask("largest"));
                TimeSpan window = Stopwatch.GetElapsedTime(began);

                target.Ask("reset");
                Thread.Sleep(window);
                double idle = Milliseconds(target.Ask("largest"));
                if (!contestant.IsComplete(tools.Shape, sample))
                    continue;

                with[i].Add(gap);
                without[i].Add(idle);
            }
        }

        return [.. members.Select((member, i) => (member.Contestant, With: with[i], Without: without[i]))
            .Where(member => member.With.Count > 0)
            .Select(member => new ToolPauseResult(member.Contestant, tools.Shape, Distribution.Of(member.With), Distribution.Of(member.Without)))];
    }

    private static double Milliseconds(string microseconds) => double.Parse(microseconds, CultureInfo.InvariantCulture) / 1000;
}
