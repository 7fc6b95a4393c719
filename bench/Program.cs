using Stackflare.Bench;
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
    if (!options.OnlyTools && !options.OnlyAsync)
        LibraryPart.Run(contestants, options, report);
    if (!options.OnlyAsync)
        ToolPart.Run(contestants, options, report);
    if (!options.OnlyTools && !options.OnlyAsync && options.Shapes.Contains(Shape.Reference))
        RuntimePart.Run(options, report);
    if (!options.OnlyTools && options.Shapes.Contains(Shape.Reference))
        AsyncPart.Run(options, report);
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
