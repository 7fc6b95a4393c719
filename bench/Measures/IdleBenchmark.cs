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
            ProcessCost[] withBefore = Costs(with), withoutBefore = Costs(without);
            Thread.Sleep(options.IdleWindow);
            return Compare(withBefore, Costs(with), withoutBefore, Costs(without), options.IdleWindow);
        }
        finally
        {
            with.ForEach(subject => subject.Dispose());
            without.ForEach(subject => subject.Dispose());
        }
    }

    private static ProcessCost[] Costs(List<Subject> subjects) => [.. subjects.Select(subject => ProcessCost.Of(subject.Id))];

    private static IdleResult Compare(
        ProcessCost[] withBefore, ProcessCost[] withAfter, ProcessCost[] withoutBefore, ProcessCost[] withoutAfter, TimeSpan window)
    {
        // A thread is the trap's if programs without a trap have none of its name.
        HashSet<string> known = [.. withoutAfter.SelectMany(cost => cost.Threads.Values).Select(thread => thread.Name)];
        long wakeUps = 0, otherWakeUps = 0;
        double cpu = 0;
        for (int i = 0; i < withAfter.Length; i++)
        {
            foreach ((int id, ThreadCost after) in withAfter[i].Threads)
            {
                ThreadCost? before = withBefore[i].Threads.GetValueOrDefault(id);
                long woken = after.WakeUps - (before?.WakeUps ?? 0);
                if (known.Contains(after.Name))
                {
                    otherWakeUps += woken;
                    continue;
                }

                wakeUps += woken;
                cpu += after.CpuMilliseconds - (before?.CpuMilliseconds ?? 0);
            }

            otherWakeUps -= withoutAfter[i].Threads.Sum(
                thread => thread.Value.WakeUps - (withoutBefore[i].Threads.GetValueOrDefault(thread.Key)?.WakeUps ?? 0));
        }

        return new IdleResult(
            Difference(withAfter, withoutAfter, cost => cost.ResidentKilobytes / 1024),
            Difference(withAfter, withoutAfter, cost => cost.ProportionalKilobytes / 1024),
            Difference(withAfter, withoutAfter, cost => cost.PrivateKilobytes / 1024),
            (withoutAfter.Max(cost => cost.PrivateKilobytes) - withoutAfter.Min(cost => cost.PrivateKilobytes)) / 1024,
            Difference(withAfter, withoutAfter, cost => cost.Threads.Count),
            [.. withAfter.SelectMany(cost => cost.Threads.Values).Select(thread => thread.Name).Where(name => !known.Contains(name)).Distinct().Order()],
            wakeUps,
            otherWakeUps,
            cpu,
            Difference(withBefore, withoutBefore, cost => cost.Threads.Values.Sum(thread => thread.CpuMilliseconds)),
            window);
    }

    private static double Difference(ProcessCost[] with, ProcessCost[] without, Func<ProcessCost, double> figure) =>
        Distribution.MedianOf(with.Select(figure)) - Distribution.MedianOf(without.Select(figure));
}
