using Stackflare.Bench.Subjects;

namespace Stackflare.Bench.Measures;

/// <summary>What a trap costs that nobody springs: pairs of the same program, with and without one, watched for a while.</summary>
internal static class IdleBenchmark
{
    private static readonly Shape Small = new(4, 10);

    internal static IdleResult Run(BenchOptions options)
    {
        List<Subject> with = [], without = [];
        try
        {
            for (int i = 0; i < options.IdlePairs; i++)
            {
                with.Add(Subject.StartTarget(Small));
                without.Add(Subject.StartTarget(Small, "--no-trap"));
            }

            // The runtime compiles in the background for a while, and its thread for that stays for some seconds.
            Thread.Sleep(options.IdleSettle);
            IdleCost[] withBefore = Costs(with), withoutBefore = Costs(without);
            Thread.Sleep(options.IdleWindow);
            return Compare(withBefore, Costs(with), withoutBefore, Costs(without), options.IdleWindow);
        }
        finally
        {
            with.ForEach(subject => subject.Dispose());
            without.ForEach(subject => subject.Dispose());
        }
    }

    private static IdleCost[] Costs(List<Subject> subjects) => [.. subjects.Select(subject => IdleCost.Of(subject.Id))];

    private static IdleResult Compare(
        IdleCost[] withBefore, IdleCost[] withAfter, IdleCost[] withoutBefore, IdleCost[] withoutAfter, TimeSpan window)
    {
        return new IdleResult(
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
