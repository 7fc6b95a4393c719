using Stackflare.Bench.Measures;
using Stackflare.Bench.Reporting;

namespace Stackflare.Bench;

/// <summary>The same program on .NET 10 and on .NET 11.</summary>
internal static class RuntimePart
{
    private const string Methods = "10000", Objects = "1000000";

    internal static void Run(BenchOptions options, Report report)
    {
        if (!OperatingSystem.IsLinux())
            return;
        report.Runtimes(
        [
            RuntimeBenchmark.Run($"{Shape.Reference}", Shape.Reference, options),
            RuntimeBenchmark.Run($"{Shape.Reference}, all waiting for a lock", Shape.Reference, options, "--locks"),
            RuntimeBenchmark.Run("10,000 methods that wait, 1,000,000 other objects", Shape.Small, options, "--awaiting", Methods, "--objects", Objects),
        ]);
    }
}
