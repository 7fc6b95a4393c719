using System.Globalization;
using Stackflare.Bench.Subjects;
using Stackflare.Bench.Tools;

namespace Stackflare.Bench.Measures;

/// <summary>Reads of one core file with a large heap in turns: by the tool, by the platform's tool, and by a program that uses the debugger's library.</summary>
internal static class CoreBenchmark
{
    private const int Methods = 1000;

    internal static IReadOnlyList<CoreResult> Run(ToolRunner runner, PublishedTool tool, BenchOptions options)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("stackflare-bench-");
        try
        {
            string core = Path.Combine(folder.FullName, "core");
            using (Subject target = Subject.StartTarget(Shape.Reference, "--no-trap", "--awaiting", Text(Methods), "--objects", Text(options.CoreObjects)))
                Write(target, core);
            List<(string Name, string[] Command, string Mark)> readers =
            [
                ("stackflare core --no-async", [tool.Path, "core", core, "--no-async", "--no-group"], "Gate.Park"),
                ("stackflare core", [tool.Path, "core", core, "--async"], "Awaiting.Order"),
                ("debugger's library, our program", [ToolContestants.DebuggerReport, core], "Gate.Park"),
            ];
            if (PlatformTool.Find("dotnet-dump", options) is { } dump)
                readers.Add(("dotnet-dump, clrstack -all", [dump, "analyze", core, "-c", "clrstack -all", "-c", "exit"], "Gate.Park"));
            // In turns; the first round brings the file into memory, and is not counted.
            List<ToolSample>[] samples = [.. readers.Select(static _ => new List<ToolSample>())];
            for (int round = -1; round < options.CoreRounds; round++)
            {
                for (int i = 0; i < readers.Count; i++)
                {
                    ToolSample sample = runner.Run(readers[i].Command, readers[i].Mark);
                    if (sample is not { ExitCode: 0, Marks: > 0 })
                        throw new BenchException($"{readers[i].Name} ended with {sample.ExitCode} and {sample.Marks} threads: {sample.Errors}");
                    if (round >= 0)
                        samples[i].Add(sample);
                }
            }
            double bytes = new FileInfo(core).Length;
            return [.. readers.Zip(samples, (reader, all) => new CoreResult(
                reader.Name, bytes, Distribution.Of(all.Select(static s => s.Milliseconds)), all.Max(static s => s.PeakMegabytes), all[0].Lines))];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The runtime's own tool lies beside it.</summary>
    private static void Write(Subject target, string core)
    {
        string runtime = File.ReadLines($"/proc/{target.Id}/maps").Select(static l => l[(l.IndexOf('/') is >= 0 and int at ? at : l.Length)..]).First(static p => p.EndsWith("/libcoreclr.so", StringComparison.Ordinal));
        CommandResult written = CommandResult.Of(Path.Combine(Path.GetDirectoryName(runtime)!, "createdump"), "--full", "-f", core, Text(target.Id));
        if (!written.Succeeded)
            throw new BenchException($"createdump: {written.Output}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What reading a core is like.</summary>
/// <param name="Name">Who reads it.</param>
/// <param name="Bytes">The size of the core.</param>
/// <param name="Time">From start to exit, in milliseconds.</param>
/// <param name="PeakMegabytes">The most memory, as the kernel counts it: pages of a mapped file too.</param>
/// <param name="Lines">The lines printed.</param>
internal sealed record CoreResult(string Name, double Bytes, Distribution Time, double PeakMegabytes, int Lines);
