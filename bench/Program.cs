using Stackflare.Bench;
using Stackflare.Bench.Measures;
using Stackflare.Bench.Reporting;
using Stackflare.Bench.Subjects;

if (BenchOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(BenchOptions.Usage);
    return 2;
}

Report report = new(Console.Out);
try
{
    using Contestants contestants = new();
    report.Machine(contestants);
    List<PauseResult> pauses = [];
    foreach (Shape shape in options.Shapes)
    {
        (IReadOnlyList<LatencyResult> warm, IReadOnlyList<DumpEnd> ends) = WarmBenchmark.Run(contestants.Present, shape, options);
        report.Warm(shape, warm);
        if (shape == Shape.Reference)
            report.FirstDump(shape, FirstDumpBenchmark.Run(contestants.Present, ends, shape, options));
        pauses.Add(PauseBenchmark.Run(shape, options));
    }

    report.Pause(pauses);
    report.Idle(IdleBenchmark.Run(options));
    report.Goals();
}
catch (BenchException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

if (options.Write)
    BenchmarksPage.Update(report.Text);
return 0;
