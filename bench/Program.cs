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
    if (options.Parts.HasFlag(BenchParts.Library))
        LibraryPart.Run(contestants, options, report);
    if (options.Parts.HasFlag(BenchParts.Tools))
        ToolPart.Run(contestants, options, report);
    if (options.Parts.HasFlag(BenchParts.Runtimes) && options.Shapes.Contains(Shape.Reference))
        RuntimePart.Run(options, report);
    if (options.Parts.HasFlag(BenchParts.Async) && options.Shapes.Contains(Shape.Reference))
        AsyncPart.Run(options, report);
    if (options.Parts.HasFlag(BenchParts.Shop) && options.Shapes.Contains(Shape.Reference))
        ShopPart.Run(options, report);
    if (options.Parts.HasFlag(BenchParts.Memory) && options.Shapes.Contains(Shape.Reference))
        MemoryPart.Run(options, report);
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
