using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;

namespace Stackflare.Bench.Measures;

/// <summary>
/// Tools that look at a program from outside, from their start to their exit. They take turns, so that a moment in which the machine
/// is busy hits them alike; each has a program of its own, so that none finds what another has left there.
/// </summary>
internal static class ToolBenchmark
{
    // As for the first dump: what a runtime does in the background just after its start is not part of it.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);

    /// <summary>Measures tools on programs that they have looked at before. Also yields how each is called.</summary>
    internal static (IReadOnlyList<ToolResult> Results, ToolSet Tools) Run(ToolContestants contestants, ToolRunner runner, Shape shape, BenchOptions options)
    {
        Dictionary<ToolContestant, Subject> subjects = [];
        try
        {
            foreach (ToolContestant contestant in contestants.Present)
                subjects.Add(contestant, Start(contestant, contestants, shape));
            ToolSet tools = ToolSet.Choose(contestants.Present, runner, contestant => subjects[contestant], shape);
            return (Measure(tools, options.ToolRounds(shape), (contestant, variant) => Run(runner, contestant, variant, subjects[contestant])), tools);
        }
        finally
        {
            foreach (Subject subject in subjects.Values)
                subject.Dispose();
        }
    }

    /// <summary>Measures the same tools, each run on a fresh program.</summary>
    internal static IReadOnlyList<ToolResult> RunFresh(ToolContestants contestants, ToolRunner runner, ToolSet tools, BenchOptions options) =>
        Measure(tools, options.FreshToolRounds, (contestant, variant) =>
        {
            using Subject subject = Start(contestant, contestants, tools.Shape);
            Thread.Sleep(Settle);
            return Run(runner, contestant, variant, subject);
        });

    private static ToolResult[] Measure(ToolSet tools, int rounds, Func<ToolContestant, ToolVariant, ToolSample> run)
    {
        List<ToolSample>[] samples = [.. tools.Members.Select(_ => new List<ToolSample>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < tools.Members.Count; turn++)
            {
                // Each round begins with another one, so that none always comes after the same neighbour's mess.
                int i = (turn + round) % tools.Members.Count;
                (ToolContestant contestant, ToolVariant variant) = tools.Members[i];
                ToolSample sample = run(contestant, variant);
                if (contestant.IsOurs && !contestant.IsComplete(tools.Shape, sample))
                    throw new BenchException($"{contestant.Name} ended with {sample.ExitCode} and printed {sample.Marks} threads: {sample.Errors}");
                samples[i].Add(sample);
            }
        }

        return [.. tools.Members.Select((member, i) => ToolResult.Of(member.Contestant, member.Variant, tools.Shape, samples[i])).OfType<ToolResult>()];
    }

    private static ToolSample Run(ToolRunner runner, ToolContestant contestant, ToolVariant variant, Subject subject) =>
        runner.Run(variant.Command($"{subject.Id}"), contestant.Mark);

    private static Subject Start(ToolContestant contestant, ToolContestants contestants, Shape shape) =>
        contestant.LooksAtJvm ? Subject.Start(contestants.Jvm!, shape) : Subject.StartTarget(shape, "--no-trap");
}
