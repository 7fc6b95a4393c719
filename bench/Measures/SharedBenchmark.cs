using System.Globalization;
using Stackflare.Bench.Subjects;

namespace Stackflare.Bench.Measures;

/// <summary>Threads of one program that ask for a dump at the same moment: those that wait share one.</summary>
internal static class SharedBenchmark
{
    private const int Callers = 32;

    internal static SharedResult Run(Shape shape, BenchOptions options)
    {
        using Subject target = Subject.StartTarget(shape, "--threads-only");
        List<double> one = [], all = [];
        for (int round = -options.WarmUpRounds; round < options.Rounds; round++)
        {
            double alone = Ask(1), together = Ask(Callers);
            if (round < 0)
                continue;
            one.Add(alone);
            all.Add(together);
        }

        return new SharedResult(shape, Callers, Distribution.Of(one), Distribution.Of(all));

        double Ask(int callers) => double.Parse(target.Ask($"together {callers}"), CultureInfo.InvariantCulture) / 1000;
    }
}
