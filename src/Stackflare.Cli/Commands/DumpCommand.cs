using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using Stackflare.Capture;

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
          stackflare record MyApp -o profile.html
                                                where it spends its time, as a page with a flame graph
          stackflare top MyApp                  watch its hottest lines, wanted locks and queues
          stackflare run --after 10m -- dotnet test
                                                run a command, and show its threads if it takes longer
          stackflare signal MyApp               ask a program that waits for a signal to dump itself
          stackflare MyApp --raw prod.snapshot  save the snapshot, and show it where the PDBs are:
          stackflare show prod.snapshot --symbols ./bin
          stackflare core core.4242             the threads of a core file
          stackflare http+unix:/run/app.sock    what the program itself serves
        """;

    private static readonly Func<Command>[] Subcommands =
    [
        PsCommand.Create, ShowCommand.Create, CoreCommand.Create, RecordCommand.Create, TopCommand.Create, TreeCommand.Create, RunCommand.Create, SignalCommand.Create, CompletionCommand.Create,
    ];

    /// <summary>The names of the other commands.</summary>
    public static IEnumerable<string> SubcommandNames => Subcommands.Select(static create => create().Name);

    public static RootCommand Create()
    {
        var shared = new SharedOptions();
        var process = new Argument<string>("process") { Description = "The process: its id, the name of its program, the path of its diagnostics socket, or the address at which it serves dumps.", HelpName = "pid|name|socket|url" };
        Option<int> count = NumberOption.Create("--count", "-n", 1, least: 0, most: int.MaxValue);
        (count.Description, count.HelpName) = ("Number of dumps; 0 for no limit, until Ctrl+C.", "N");
        Option<int> interval = NumberOption.Create("--interval", "-i", 1000, least: 0, most: 3_600_000);
        (interval.Description, interval.HelpName) = ("Milliseconds from one dump to the next.", "MS");
        var raw = new Option<string?>("--raw") { Description = "Save the snapshot itself, for 'stackflare show'.", HelpName = "FILE" };
        Option<double> timeout = NumberOption.Create("--timeout", alias: null, 5.0, least: 0.01, most: 600);
        (timeout.Description, timeout.HelpName) = ("Time limit of a dump in seconds.", "S");
        var withAsync = new Option<bool>("--async") { Description = "Include all async stacks, even if the heap is large: the pause may then be a second." };
        var noAsync = new Option<bool>("--no-async") { Description = "Leave out async stacks." };
        var noMain = new Option<bool>("--no-main-profiler") { Description = "Never take the runtime's main profiler slot. On .NET 9 and 10, async stacks are then missing." };
        var outside = new Option<bool>("--external") { Description = "Read the process from outside, without its runtime. By default, only if the runtime does not answer. For .NET 10 and 11." };
        process.Arity = ArgumentArity.ZeroOrOne;
        process.CompletionSources.Add(_ => ProcessFinder.All().Select(p => new CompletionItem(p.Name)));
        CheckIsNoOption(process);
        var root = new RootCommand($"Thread dumps of running .NET processes: every thread with file, line and source text.\n\n{Examples}")
        {
            process, count, interval, raw, timeout, withAsync, noAsync, noMain, outside,
        };
        shared.AddTo(root);
        // Names of the help option on other systems. Here they are paths, not options.
        foreach (string name in (string[])["/?", "/h"])
            root.Options.OfType<HelpOption>().Single().Aliases.Remove(name);
        foreach (Func<Command> create in Subcommands)
            root.Subcommands.Add(create());
        root.SetAction(result =>
        {
            if (result.GetValue(process) is not { } name)
                return Usage.Error("Name a process by its id, its name or its socket; 'stackflare ps' lists them.");
            if (result.GetValue(withAsync) && result.GetValue(noAsync))
                return Usage.Error("--async and --no-async cannot be combined.");
            if (HttpSource.IsAddress(name))
                return new ServedDump(shared, count, interval, timeout, withAsync, noAsync).Write(result, name, notServed: [raw, noMain, outside]);
            if (result.GetValue(raw) is not null && shared.IsSaidHow(result))
                return Usage.Error("--raw saves the snapshot itself, and cannot be combined with --output or --format.");
            if (result.GetValue(raw) is not null && shared.RedactionFor(result) is not null)
                return Usage.Error("--raw saves the snapshot with all names. Redact it when you show it: stackflare show FILE --redact.");
            if (result.GetValue(raw) is SharedOptions.StandardOutput)
                return Usage.Error("--raw saves to a file; '-' is not the name of one.");
            var sampling = new Sampling(result.GetValue(count), TimeSpan.FromMilliseconds(result.GetValue(interval)));
            var options = new CaptureOptions
            {
                AsyncStacks = result.GetValue(withAsync) ? AsyncStackMode.Always : result.GetValue(noAsync) || sampling.IsDense ? AsyncStackMode.Never : AsyncStackMode.Auto,
                AllowMainProfiler = !result.GetValue(noMain),
                SourceText = !result.GetValue(shared.NoSource),
                Limits = new DumpLimits { Timeout = TimeSpan.FromSeconds(result.GetValue(timeout)) },
            };
            using ProcessCapture capture = Look(name, options, result.GetValue(shared.Symbols) ?? []);
            using var interrupt = new Interrupt();
            var series = new DumpSeries(capture, sampling, interrupt, fromOutside: result.GetValue(outside));
            bool hasDeadlock = false;
            if (result.GetValue(raw) is not { } file)
                hasDeadlock = shared.Write(result, series.Dumps(), sampling.Interval);
            else if (!result.GetValue(shared.FailOnDeadlock))
                RawFiles.Save(file, capture, series.Samples(), sampling);
            else
                // A snapshot does not show whether there is a deadlock. The dump is built only for that.
                RawFiles.Save(file, capture, series.Samples(), sampling, saved: sample => hasDeadlock |= series.Symbolicate(sample).Deadlocks.Count > 0);
            if (series.Error is { } error)
                throw error;
            int success = shared.Success(result, hasDeadlock);
            return success == ExitCodes.Success && interrupt.Happened && sampling.HasEnd ? ExitCodes.Interrupted : success;
        });
        return root;
    }

    /// <summary>The parser treats a mistyped option as the argument.</summary>
    public static void CheckIsNoOption(Argument<string> process) => process.Validators.Add(static r =>
    {
        if (r.Tokens is [{ Value: var value }] && Usage.IsOption(value))
            r.AddError($"'{value}' is not an option.");
    });

    public static ProcessCapture Look(string process, CaptureOptions options, string[] symbols)
    {
        using var watchdog = new Watchdog(options.Limits.Timeout);
        return new ProcessCapture(ProcessFinder.Find(process), EmbeddedProbe.Find, options, symbols);
    }
}
