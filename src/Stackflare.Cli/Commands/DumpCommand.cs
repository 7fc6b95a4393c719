using System.CommandLine;
using Stackflare.Triggers;

namespace Stackflare.Cli.Commands;

/// <summary><c>stackflare PROCESS</c>: dumps of a running process. The root of all commands.</summary>
internal static class DumpCommand
{
    private const string Examples = """
        Examples:
          stackflare 4242                       every thread of process 4242
          stackflare MyApp --threads worker     only threads with "worker" in their name
          stackflare MyApp -f json -o dump.json for programs, by the schema in the docs
          stackflare MyApp -n 200 -i 10 -f speedscope -o profile.json
                                                200 samples, 10 ms apart: a profile for speedscope.app
          stackflare MyApp --raw prod.snapshot  the snapshot, to look at where the PDBs are:
          stackflare show prod.snapshot --symbols ./bin
        """;

    public static RootCommand Create()
    {
        var shared = new SharedOptions();
        var process = new Argument<string>("process") { Description = "The process: its id, the name of its program, or the path of its diagnostics socket.", HelpName = "pid|name|socket" };
        var count = new Option<int>("--count", "-n") { Description = "How many dumps; 0 is until Ctrl+C.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var interval = new Option<int>("--interval", "-i") { Description = "Milliseconds from one dump to the next.", HelpName = "MS", DefaultValueFactory = _ => 1000 };
        var raw = new Option<string?>("--raw") { Description = "Save the snapshot itself, for 'stackflare show'.", HelpName = "FILE" };
        var timeout = new Option<double>("--timeout") { Description = "Seconds that a dump may take.", HelpName = "S", DefaultValueFactory = _ => 5 };
        // Whatever is not an option is taken for the argument, also what was meant to be one.
        process.Validators.Add(r =>
        {
            if (r.Tokens is [{ Value: ['-', ..] value }])
                r.AddError($"'{value}' is not an option.");
        });
        count.Validators.Add(r => { if (r.GetValue(count) < 0) r.AddError("--count must not be negative."); });
        interval.Validators.Add(r => { if (r.GetValue(interval) is < 0 or > 3_600_000) r.AddError("--interval must be from 0 to 3600000."); });
        timeout.Validators.Add(r => { if (r.GetValue(timeout) is not (>= 0.01 and <= 600)) r.AddError("--timeout must be from 0.01 to 600."); });

        var root = new RootCommand($"Thread dumps of running .NET processes: every thread with file, line and source text.\n\n{Examples}")
        {
            process, count, interval, raw, timeout,
        };
        shared.AddTo(root);
        root.Subcommands.Add(PsCommand.Create());
        root.Subcommands.Add(ShowCommand.Create());
        root.Subcommands.Add(CompletionCommand.Create());
        root.SetAction(result =>
        {
            var options = new CaptureOptions
            {
                SourceText = !result.GetValue(shared.NoSource),
                Limits = new DumpLimits { Time = TimeSpan.FromSeconds(result.GetValue(timeout)) },
            };
            var sampling = new Sampling(result.GetValue(count), TimeSpan.FromMilliseconds(result.GetValue(interval)));
            var capture = new ProcessCapture(
                ProcessFinder.Find(result.GetValue(process)!), EmbeddedProbe.Find, options, result.GetValue(shared.Symbols) ?? []);
            using var interrupt = new Interrupt();
            var series = new DumpSeries(capture, sampling, interrupt);
            if (result.GetValue(raw) is { } file)
                RawFiles.Save(file, capture, series.Samples(), sampling);
            else
                shared.Write(result, series.Dumps(), sampling.Interval);
            if (series.Error is { } error)
                throw error;
            return interrupt.Happened && sampling.HasEnd ? ExitCodes.Interrupted : ExitCodes.Success;
        });
        return root;
    }
}
