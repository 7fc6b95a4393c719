using System.Diagnostics;
using System.Globalization;
using Stackflare.Bench.Subjects;
using Stackflare.BenchTarget;

namespace Stackflare.Bench.Measures;

/// <summary>
/// How long a dump stops the program, as a thread of that program sees it that only reads the clock, and not as the dump says.
/// Windows with a dump alternate with windows as long without.
/// </summary>
internal static class PauseBenchmark
{
    /// <param name="shape">The program.</param>
    /// <param name="options">How often.</param>
    /// <param name="locked">Whether its threads all wait for one lock, and hold another each.</param>
    /// <param name="async">Whether async methods are looked for, as they are if nothing is said.</param>
    internal static PauseResult Run(Shape shape, BenchOptions options, bool locked = false, bool async = false)
    {
        using Subject target = Subject.StartTarget(shape, ["--everything", "--heartbeat", .. async ? [] : (string[])["--threads-only"], .. locked ? (string[])["--locks"] : []]);

        // The heartbeat has the first processor to itself; this process keeps off it, too. Only now: the target would inherit it.
        int[] processors = Affinity.Allowed();
        if (processors.Length >= 2)
            Affinity.BindProcess(processors[1]);

        try
        {
            return Measure(shape, target, options) with { IsLocked = locked, LooksForAsync = async };
        }
        finally
        {
            Affinity.BindProcess(processors);
        }
    }

    private static PauseResult Measure(Shape shape, Subject target, BenchOptions options)
    {
        DumpEnd end = target.LearnEnd();
        List<double> with = [], without = [], claimed = [], walk = [], suspend = [], locks = [];
        for (int round = -options.WarmUpRounds; round < options.Rounds; round++)
        {
            long began = Stopwatch.GetTimestamp();
            target.Ask("reset");
            DumpSample sample = target.TakeDump(end);
            end = end.After(sample);
            double gapWith = Milliseconds(target.Ask("largest"));
            TimeSpan window = Stopwatch.GetElapsedTime(began);

            target.Ask("reset");
            Thread.Sleep(window);
            double gapWithout = Milliseconds(target.Ask("largest"));

            double[] capture = [.. target.Ask("capture").Split(' ').Select(Milliseconds)];
            if (round < 0)
                continue;

            with.Add(gapWith);
            without.Add(gapWithout);
            suspend.Add(capture[1]);
            walk.Add(capture[2]);
            locks.Add(capture[3]);
            if (sample.ClaimedPause is { } claim)
                claimed.Add(claim);
        }

        return new PauseResult(
            shape,
            Distribution.Of(with),
            Distribution.Of(without),
            claimed.Count > 0 ? Distribution.Of(claimed) : null,
            Distribution.Of(walk),
            Distribution.Of(suspend),
            Distribution.Of(locks));
    }

    private static double Milliseconds(string microseconds) => double.Parse(microseconds, CultureInfo.InvariantCulture) / 1000;
}
