using System.Text;
using Stackflare.Bench.Measures;
using Stackflare.Bench.Subjects;
using static Stackflare.Bench.Reporting.Figures;

namespace Stackflare.Bench.Reporting;

/// <summary>Prints results as they come and keeps the text for the page.</summary>
internal sealed partial class Report(TextWriter terminal)
{
    private readonly StringBuilder _text = new();
    private readonly List<Goal> _goals = [];

    /// <summary>All of it, as Markdown.</summary>
    internal string Text => _text.ToString();

    internal void Machine(Contestants contestants)
    {
        Write($"{Environment.ProcessorCount} processors; {string.Join("; ", contestants.Versions)}.\n");
        foreach (string absent in contestants.Absent)
            Write(absent + "\n");
    }

    internal void Warm(Shape shape, IReadOnlyList<LatencyResult> results)
    {
        Write($"### Signal to last byte, warm: {shape}\n");
        Write(Latency(shape, results));
        if (shape == Shape.Reference || shape == Shape.Large)
            AgainstJvm(shape, results);
        if (shape == Shape.Reference)
            _goals.Add(new($"Page faults of a program by a warm dump, everything printed: {shape}", 60, Find(results, ContestantKind.StackflareEverything)!.PageFaults, ""));
    }

    internal void Together(SharedResult result)
    {
        Write($"### {result.Callers} threads that call `Flare.Capture` at once: {result.Shape}\n");
        Table table = new("", "median", "min", "p95");
        table.Add("one thread", Milliseconds(result.One.Median), Milliseconds(result.One.Min), Milliseconds(result.One.P95));
        table.Add($"{result.Callers} threads, until the last has its dump", Milliseconds(result.All.Median), Milliseconds(result.All.Min), Milliseconds(result.All.P95));
        Write(table.ToString());
        _goals.Add(new($"{result.Callers} threads that call Capture at once, of one", 3, result.All.Median / result.One.Median, "×"));
    }

    internal void FirstDump(Shape shape, IReadOnlyList<LatencyResult> results)
    {
        Write($"### Signal to last byte, the first dump of a process: {shape}\n");
        Write(Latency(shape, results));
        if (shape == Shape.Reference)
            _goals.Add(new("First dump of a process, everything printed", 60, Find(results, ContestantKind.StackflareEverything)!.Time.Median, "ms"));
    }

    internal void Pause(IReadOnlyList<PauseResult> results)
    {
        Write("### Pause of the program, as one of its threads feels it\n");
        Table table = new("", "felt", "with a dump: median", "p95", "without: median", "p95", "claimed", "suspend", "walk", "locks", "felt ÷ walk");
        foreach (PauseResult result in results)
        {
            table.Add(
                result.Shape + (result.IsLocked ? ", all waiting for a lock" : "") + (result.LooksForAsync ? ", async methods looked for" : ""),
                result.Felt is { } felt ? Milliseconds(felt) : "– (noise)",
                Milliseconds(result.GapWithDump.Median),
                Milliseconds(result.GapWithDump.P95),
                Milliseconds(result.GapWithout.Median),
                Milliseconds(result.GapWithout.P95),
                result.Claimed is { } claimed ? Milliseconds(claimed.Median) : "–",
                Milliseconds(result.Suspend.Median),
                Milliseconds(result.Walk.Median),
                Milliseconds(result.Locks.Median),
                result.Felt is { } pause ? Of(pause / result.Walk.Median) : "–");
            if (result.Shape == Shape.Reference && result.IsLocked)
                _goals.Add(new("Locks, all waiting for one: of the pause", 0.2, result.Locks.Median, "ms"));
            if (result.LooksForAsync)
                _goals.Add(new("Pause of the program, async methods looked for", 20, result.Felt, "ms"));
            if (result.Shape == Shape.Reference && !result.IsLocked && !result.LooksForAsync)
            {
                _goals.Add(new("Pause of the program", 2, result.Felt, "ms"));
                _goals.Add(new("Locks, of the pause", 0.2, result.Locks.Median, "ms"));
                _goals.Add(new("Pause, in walks of the stacks", 1.5, result.Felt / result.Walk.Median, "×"));
            }
        }

        Write(table.ToString());
    }

    internal void Idle(IReadOnlyList<IdleResult> results)
    {
        Write("### Idle: a program with Stackflare against one without\n");
        Table table = new(["", .. results.Select(result => $"more with {result.What}")]);
        Add("private memory (noise between equal programs)", result => $"{Megabytes(result.PrivateMegabytes)} ({Megabytes(result.NoiseMegabytes)})");
        Add("proportional share of memory", result => Megabytes(result.ProportionalMegabytes));
        Add("resident memory", result => Megabytes(result.ResidentMegabytes));
        Add("threads", result => $"{Whole(result.Threads.Count)}: {string.Join(", ", result.Threads)}");
        Add($"wake-ups in {Whole(results[0].Window.TotalSeconds)} s, all threads of all programs", result => Whole(result.WakeUps));
        Add("processor time in that time", result => Milliseconds(result.CpuMilliseconds));
        Add("processor time spent on registering and warming up", result => Milliseconds(result.StartUpCpuMilliseconds));
        Write(table.ToString());

        IdleResult trap = results[0];
        _goals.Add(new("Idle: private memory", 3, trap.PrivateMegabytes, "MB"));
        _goals.Add(new("Idle: threads", 1, trap.Threads.Count, ""));
        _goals.Add(new("Idle: wake-ups", 0, trap.WakeUps, ""));

        void Add(string what, Func<IdleResult, string> cell) => table.Add([what, .. results.Select(cell)]);
    }

    internal void Shop(ShopResult result)
    {
        Write($"### A web service with {Whole(result.Requests)} requests that hang: `stackflare <pid>`, no options\n");
        Table table = new("pause: median", "p95", "tool, start to exit: median", "p95", "lines", "complete dumps");
        table.Add(
            Milliseconds(result.Pause.Median), Milliseconds(result.Pause.P95), Milliseconds(result.Tool.Median), Milliseconds(result.Tool.P95), Whole(result.Lines), $"{result.Complete} of {result.Dumps}");
        Write(table.ToString());
        _goals.Add(new($"Shop, {Whole(result.Requests)} requests: pause", 30, result.Pause.Median, "ms"));
        _goals.Add(new($"Shop, {Whole(result.Requests)} requests: tool, start to exit", 400, result.Tool.Median, "ms"));
        _goals.Add(new($"Shop, {Whole(result.Requests)} requests: lines", 120, result.Lines, ""));
        _goals.Add(new($"Shop, {Whole(result.Requests)} requests: dumps that are not complete", 0, result.Dumps - result.Complete, ""));
    }

    internal void Goals()
    {
        if (_goals.Count == 0)
            return;
        Write("### Against the goals\n");
        Table table = new("", "goal", "measured", "");
        foreach (Goal goal in _goals)
            table.Add(goal.What, $"≤ {goal.Limit} {goal.Unit}".TrimEnd(), goal.Measured is { } measured ? $"{Of(measured)} {goal.Unit}".TrimEnd() : "–", goal.Verdict);
        Write(table.ToString());
    }

    private void AgainstJvm(Shape shape, IReadOnlyList<LatencyResult> results)
    {
        if (Find(results, ContestantKind.Jvm) is { } jvm)
        {
            // A busy machine stretches the longer of two times more, and its median first: the worse of the two ratios counts.
            Distribution ours = Find(results, ContestantKind.StackflareEverything)!.Time;
            double ratio = Math.Max(ours.Median / jvm.Time.Median, ours.Min / jvm.Time.Min);
            _goals.Add(new($"Warm, everything printed, against the JVM: {shape}", 0.25, ratio, "×"));
        }
    }

    private static string Latency(Shape shape, IReadOnlyList<LatencyResult> results)
    {
        LatencyResult? jvm = Find(results, ContestantKind.Jvm);
        Table table = new("", "median", "min", "p95", "of the JVM's: median", "min", "page faults", "lines", "size", "shows");
        foreach (LatencyResult result in results)
        {
            table.Add(
                result.Contestant.Name,
                Milliseconds(result.Time.Median),
                Milliseconds(result.Time.Min),
                Milliseconds(result.Time.P95),
                jvm is null ? "–" : Of(result.Time.Median / jvm.Time.Median) + " ×",
                jvm is null ? "–" : Of(result.Time.Min / jvm.Time.Min) + " ×",
                Whole(result.PageFaults),
                Whole(result.Lines),
                Size(result.Bytes),
                result.Contestant.Remark(shape));
        }

        return table.ToString();
    }

    private static LatencyResult? Find(IReadOnlyList<LatencyResult> results, ContestantKind kind) =>
        results.FirstOrDefault(result => result.Contestant.Kind == kind);

    private void Write(string text)
    {
        terminal.WriteLine(text);
        _text.AppendLine(text);
    }
}
