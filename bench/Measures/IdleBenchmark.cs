using Stackflare.Bench.Subjects;

namespace Stackflare.Bench.Measures;

/// <summary>What Stackflare costs while nobody asks for a dump: sets of the same program, with and without it, watched for a while.</summary>
internal static class IdleBenchmark
{
    private static readonly Shape Small = new(4, 10);

    /// <summary>With a trap alone, and with the watches and a listener as well.</summary>
    internal static IReadOnlyList<IdleResult> Run(BenchOptions options)
    {
        List<Subject> trap = [], all = [], without = [];
        try
        {
            for (int i = 0; i < options.IdlePairs; i++)
            {
                trap.Add(Subject.StartTarget(Small));
                all.Add(Subject.StartTarget(Small, "--watches"));
                without.Add(Subject.StartTarget(Small, "--no-trap"));
            }

            // The runtime compiles in the background for a while, and its thread for that stays for some seconds.
            Thread.Sleep(options.IdleSettle);
            IdleCost[] trapBefore = Costs(trap), allBefore = Costs(all), withoutBefore = Costs(without);
            Thread.Sleep(options.IdleWindow);
            IdleCost[] trapAfter = Costs(trap), allAfter = Costs(all), withoutAfter = Costs(without);
            return
            [
                Compare("a trap", trapBefore, trapAfter, withoutBefore, withoutAfter, options.IdleWindow),
                Compare("a trap, three watches and a listener", allBefore, allAfter, withoutBefore, withoutAfter, options.IdleWindow),
            ];
        }
        finally
        {
            List<Subject> subjects = [.. trap, .. all, .. without];
            subjects.ForEach(subject => subject.Dispose());
        }
    }

    private static IdleCost[] Costs(List<Subject> subjects) => [.. subjects.Select(subject => IdleCost.Of(subject.Id))];

    private static IdleResult Compare(
        string what, IdleCost[] withBefore, IdleCost[] withAfter, IdleCost[] withoutBefore, IdleCost[] withoutAfter, TimeSpan window)
    {
        return new IdleResult(
            what,
            Difference(withAfter, withoutAfter, cost => cost.ResidentKilobytes / 1024),
            Difference(withAfter, withoutAfter, cost => cost.ProportionalKilobytes / 1024),
            Difference(withAfter, withoutAfter, cost => cost.PrivateKilobytes / 1024),
            (withoutAfter.Max(cost => cost.PrivateKilobytes) - withoutAfter.Min(cost => cost.PrivateKilobytes)) / 1024,
            NewThreads(withAfter, withoutAfter),
            Growth(withBefore, withAfter, thread => thread.WakeUps) - Growth(withoutBefore, withoutAfter, thread => thread.WakeUps),
            (Growth(withBefore, withAfter, thread => thread.CpuNanoseconds)
                - Growth(withoutBefore, withoutAfter, thread => thread.CpuNanoseconds)) / 1e6,
            Difference(withBefore, withoutBefore, cost => cost.Threads.Values.Sum(thread => thread.CpuNanoseconds)) / 1e6,
            window);
    }

    /// <summary>The names that a program with a trap has more often than one without; of the pair in the middle.</summary>
    private static string[] NewThreads(IdleCost[] with, IdleCost[] without)
    {
        List<string> names = [.. Median(with).Threads.Values.Select(thread => thread.Name)];
        foreach (ThreadCost thread in Median(without).Threads.Values)
            names.Remove(thread.Name);
        return [.. names.Order(StringComparer.Ordinal)];
    }

    private static IdleCost Median(IdleCost[] costs) => costs.OrderBy(cost => cost.Threads.Count).ElementAt(costs.Length / 2);

    private static long Growth(IdleCost[] before, IdleCost[] after, Func<ThreadCost, long> figure) =>
        after.Zip(before).Sum(pair => pair.First.Threads.Sum(
            thread => figure(thread.Value) - (pair.Second.Threads.TryGetValue(thread.Key, out ThreadCost? was) ? figure(was) : 0)));

    private static double Difference(IdleCost[] with, IdleCost[] without, Func<IdleCost, double> figure) =>
        Distribution.MedianOf(with.Select(figure)) - Distribution.MedianOf(without.Select(figure));
}
