using Stackflare.Bench.Subjects;

namespace Stackflare.Bench.Measures;

/// <summary>
/// Signal to last byte, of programs that have dumped before. All contestants stand side by side and take turns, so that
/// a moment in which the machine is busy hits them alike.
/// </summary>
/// <remarks>
/// BenchmarkDotNet measures a method of its own process, and by running it back to back. Here the work is done by another process,
/// of another runtime even, after a signal, and its end is a byte in a pipe; and the contestants must alternate.
/// </remarks>
internal static class WarmBenchmark
{
    /// <summary>Measures one shape. Also yields how each contestant's dumps end.</summary>
    internal static (IReadOnlyList<LatencyResult> Results, IReadOnlyList<DumpEnd> Ends) Run(
        IReadOnlyList<Contestant> contestants, Shape shape, BenchOptions options)
    {
        List<Subject> subjects = [];
        try
        {
            foreach (Contestant contestant in contestants)
                subjects.Add(Subject.Start(contestant, shape));

            DumpEnd[] ends = [.. subjects.Select(subject => subject.LearnEnd())];
            List<DumpSample>[] samples = [.. subjects.Select(_ => new List<DumpSample>())];
            for (int round = -options.WarmUpRounds; round < options.Rounds; round++)
            {
                for (int turn = 0; turn < subjects.Count; turn++)
                {
                    // Each round begins with another one, so that none always comes after the same neighbour's mess.
                    int i = (turn + round + options.WarmUpRounds) % subjects.Count;
                    DumpSample sample = subjects[i].TakeDump(ends[i]);
                    ends[i] = ends[i].After(sample);
                    if (round >= 0)
                        samples[i].Add(sample);
                }
            }

            return ([.. contestants.Zip(samples, LatencyResult.Of)], ends);
        }
        finally
        {
            subjects.ForEach(subject => subject.Dispose());
        }
    }
}
