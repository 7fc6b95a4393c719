using Stackflare.Bench.Subjects;

namespace Stackflare.Bench.Tools;

/// <summary>The stackflare tool, and those of its peers that there are on this machine and that may do their work here.</summary>
internal sealed class ToolContestants
{
    private const string ParkFrame = "Gate.Park()", ParkFrameWithLine = ParkFrame + " in ";

    private static readonly Shape Trial = new(4, 10);

    private readonly List<ToolContestant> _present = [];
    private readonly List<string> _absent = [];
    private readonly List<string> _versions = [];
    private readonly ToolRunner _runner;

    internal ToolContestants(ToolRunner runner, Contestants signalled, BenchOptions options)
    {
        _runner = runner;
        Tool = PublishedTool.Publish();
        Jvm = signalled.Present.FirstOrDefault(contestant => contestant.Kind == ContestantKind.Jvm);

        using Subject target = Subject.StartTarget(Trial, "--no-trap");
        Add(target, new(ToolKind.StackflareEverything, "stackflare --no-group", "file, line and source text", ParkFrameWithLine, Call(Tool.Path, pid => [pid, "--no-group"])));
        Add(target, new(ToolKind.StackflareDefault, "stackflare as it comes", "the same, identical stacks once", ParkFrameWithLine, Call(Tool.Path, pid => [pid])));
        Add(target, new(ToolKind.EventPipe, "sampling profiler, our program", "methods only", ParkFrame, Sessions(
            milliseconds => Call(EventPipeReport, pid => [pid, $"{milliseconds}"])[0])));
        AddDotnetStack(target, options);
        DotnetTrace = Installed("dotnet-trace", options);
        Add(target, new(ToolKind.Debugger, "debugging interface, our program", "methods only", ParkFrame, Call(DebuggerReport, pid => [pid])));
        AddGdb(target);
        AddJstack();
    }

    /// <summary>The program that samples with the runtime's profiler.</summary>
    internal static string EventPipeReport => Program("EventPipeReport", "Stackflare.BenchEventPipe");

    /// <summary>The program that reads a process or a core with the debugger's library.</summary>
    internal static string DebuggerReport => Program("DebuggerReport", "Stackflare.BenchDebugger");

    internal PublishedTool Tool { get; }

    /// <summary>The platform's recorder; null if it is not here.</summary>
    internal string? DotnetTrace { get; }

    /// <summary>The program in Java; null if there is no JVM here.</summary>
    internal Contestant? Jvm { get; }

    internal IReadOnlyList<ToolContestant> Present => _present;

    /// <summary>The versions of those that can be asked for it.</summary>
    internal IReadOnlyList<string> Versions => _versions;

    /// <summary>A sentence for each one that is not here.</summary>
    internal IReadOnlyList<string> Absent => _absent;

    private void AddDotnetStack(Subject target, BenchOptions options)
    {
        if (Installed("dotnet-stack", options) is not { } path)
            return;
        Add(target, new(ToolKind.DotnetStack, "dotnet-stack report", "methods only", ParkFrame, Sessions(
            milliseconds => Call(path, pid => ["report", "-p", pid, .. milliseconds == 10 ? (string[])[] : ["--duration", $"00:00:00.{milliseconds:000}"]])[0])));
    }

    /// <summary>The path of one of the platform's tools, which a whole run installs; null if it is not here.</summary>
    private string? Installed(string name, BenchOptions options)
    {
        string? found = PlatformTool.Find(name, options);
        if (found is null)
            _absent.Add($"No {name}: it is not installed here, and {(options.Quick ? "a quick run does not install it" : "could not be")}.");
        else
            _versions.Add(PlatformTool.Version(found));
        return found;
    }

    private void AddGdb(Subject target)
    {
        if (PlatformTool.Command("gdb") is not { } path)
        {
            _absent.Add("No gdb: it is not installed here.");
            return;
        }

        _versions.Add(CommandResult.Of(path, "--version").FirstLine);
        Add(target, new(ToolKind.Gdb, "gdb, thread apply all bt", "native frames, no names of managed ones", "\"worker ", Call(
            path, pid => ["-batch", "-nx", "-p", pid, "-ex", "thread apply all bt"])));
    }

    private void AddJstack()
    {
        if (Jvm is null || PlatformTool.Command("jstack") is not { } path)
        {
            _absent.Add("No jstack: there is no JDK here.");
            return;
        }

        using Subject target = Subject.Start(Jvm, Trial);
        Add(target, new(ToolKind.Jstack, "jstack, on the JVM", "file and line, no source text", "Threads.park(", Call(path, pid => [pid])));
    }

    /// <summary>Adds one that does its work on a small program. Whether it may is not known before: a debugger may be forbidden.</summary>
    private void Add(Subject target, ToolContestant contestant)
    {
        ToolSample? sample = null;
        foreach (ToolVariant variant in contestant.Variants)
        {
            sample = _runner.Run(variant.Command($"{target.Id}"), contestant.Mark);
            if (contestant.IsComplete(Trial, sample))
            {
                _present.Add(contestant);
                return;
            }
        }

        if (contestant.IsOurs)
            throw new BenchException($"{contestant.Name} ended with {sample!.ExitCode} and printed {sample.Marks} threads: {sample.Errors}");
        _absent.Add($"No {contestant.Name}: it ended with {sample!.ExitCode} and printed {sample.Marks} of {Trial.Threads} threads here.");
    }

    /// <summary>Ten milliseconds as the runtime team's tool has it, and more for programs of which no sample gets done in that time.</summary>
    private static ToolVariant[] Sessions(Func<int, ToolVariant> call) =>
        [call(10), .. ((int[])[100, 500]).Select(milliseconds => call(milliseconds) with { Remark = $"a session of {milliseconds} ms: shorter ones do not show all threads" })];

    private static ToolVariant[] Call(string program, Func<string, string[]> arguments) => [new("", pid => [program, .. arguments(pid)])];

    private static string Program(string project, string name) =>
        Path.Combine(Repository.Root, "bench", "competitors", project, "bin", Repository.Configuration, "net10.0", name);
}
