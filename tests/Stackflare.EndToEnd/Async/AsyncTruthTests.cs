using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>A dump has the async methods that the program says it has, each at its line and with what it waits for, and no others.</summary>
public sealed class AsyncTruthTests
{
    private const string Deep = "20000";

    private static readonly CaptureOptions WithAsync = new() { AsyncStacks = AsyncStackMode.Always };

    [Theory]
    [InFlavours(Spread.All, LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Async)]
    [InFlavours("net11, runtime async, untiered", LooksAt.Async)]
    public async Task EachStackIsWhatTheProgramSays(string flavour)
    {
        await using var target = await StartAsync(flavour);
        IReadOnlyList<TruthStack> truth = await TruthStack.AllOfAsync(target);
        Assert.True(truth.Count > 100);
        ThreadDump dump = Take(target);
        Assert.True(dump.HasAsyncStacks);
        AssertSame(truth, dump.AsyncStacks, Flavour.Named(flavour).Has(LooksAt.Locks));
        Flavour.Named(flavour).AssertNotes(dump.Notes);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.StateMachines)]
    [InFlavours("net9, unoptimized", LooksAt.StateMachines)]
    [InFlavours("net11, runtime async", LooksAt.StateMachines)]
    public async Task TheSourceIsTheAwait(string flavour)
    {
        await using var target = await StartAsync(flavour);
        await TruthStack.AllOfAsync(target);
        DumpFrame[] frames = [.. All(Take(target).AsyncStacks).SelectMany(s => s.Frames).Where(f => !TruthStack.IsOfPlatform(f) && !f.IsHidden).Distinct()];
        Assert.True(frames.Length > 150);
        var files = new Dictionary<string, string[]>();
        Assert.Multiple([.. frames.Select(f => (Action)(() =>
        {
            Assert.Equal((FrameKind.Async, SymbolStatus.Found), (f.Kind, f.Symbols));
            Assert.NotNull(f.ILOffset);
            Assert.Equal(0x06, f.MetadataToken >> 24);
            SourceLocation source = f.Source!;
            if (!files.TryGetValue(source.Path, out string[]? lines))
                files.Add(source.Path, lines = File.ReadAllLines(source.Path));
            Assert.Equal(lines[source.Line - 1].Trim(), source.Text);
            // Of a statement of several lines it is the first, and what is disposed of at an end has no statement.
            if (f.Method.Name is not ("ArgumentOfACall" or "AwaitUsingDeclaration" or "AwaitUsingTwo"))
                Assert.Contains("await ", source.Text, StringComparison.Ordinal);
        }))]);
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Async)]
    [InFlavours("net11, runtime async", LooksAt.Async)]
    public async Task TheTimeThatIsLeftIsThatOfTheProgram(string flavour)
    {
        await using var target = await StartAsync(flavour);
        int due = (await TruthStack.AllOfAsync(target)).SelectMany(All).Count(t => t.IsDue);
        TimeSpan[] times = [.. All(Take(target).AsyncStacks).Select(s => s.WaitingFor.DueIn).OfType<TimeSpan>()];
        Assert.Equal(due, times.Length);
        Assert.All(times, time => Assert.InRange(time, TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(60)));
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.StateMachines)]
    [InFlavours("net11, runtime async", LooksAt.StateMachines)]
    public async Task WhoWaitsForOneSemaphoreHasOneObject(string flavour)
    {
        await using var target = await StartAsync(flavour);
        await TruthStack.AllOfAsync(target);
        AsyncStack[] crowd = [.. Take(target).AsyncStacks.Where(s => s.Frames.Any(f => f.Method.FullName.EndsWith("Gates.Enter", StringComparison.Ordinal)))];
        Assert.Equal(3, crowd.Length);
        Assert.NotNull(Assert.Single(crowd.Select(s => s.WaitingFor.Object).Distinct()));
        Assert.All(crowd, s => Assert.Equal("System.Threading.SemaphoreSlim", s.WaitingFor.Type));
    }

    /// <summary>The methods that await one that a thread runs are that thread's callers.</summary>
    [Theory]
    [InFlavours(Spread.Builds, LooksAt.StateMachines)]
    [InFlavours("net11, runtime async", LooksAt.StateMachines)]
    [InFlavours("net11, runtime async, untiered", LooksAt.StateMachines)]
    public async Task WhatAThreadRunsIsAtTheThread(string flavour)
    {
        await using var target = await StartAsync(flavour);
        TruthStack[] running = [.. (await TruthStack.AllOfAsync(target)).Where(t => t.RunningThread is not null)];
        Assert.True(running.Length > 4);
        ThreadDump dump = Take(target);
        foreach (TruthStack stack in running)
        {
            DumpThread thread = dump.Threads.Single(t => t.Name == stack.RunningThread);
            Assert.Equal(stack.Marks.Select(m => (m.Method, m.Line)), thread.AsyncCallers.Where(f => !f.IsHidden).Select(f => (f.Method.FullName, f.Source!.Line)));
            // They await a method of the program's that is on the stack.
            Assert.Equal(thread.AsyncCallers.Count > 0, thread.AwaitedFrameIndex is not null);
            if (thread.AwaitedFrameIndex is { } index)
                Assert.StartsWith("Stackflare.Targets.", thread.Frames[index].Method.FullName, StringComparison.Ordinal);
        }

        Assert.All(dump.Threads.Where(t => running.All(r => r.RunningThread != t.Name)), t => Assert.Empty(t.AsyncCallers));
        // What starts and continues state machines is no frame of theirs.
        Assert.DoesNotMatch("(?m)^   at System.Runtime.CompilerServices.*(MethodBuilder|StateMachineBox)", dump.ToString());
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.StateMachines)]
    [InFlavours("net11, runtime async", LooksAt.StateMachines)]
    public async Task TheProgramsOwnDumpHasTheSame(string flavour)
    {
        await using var target = await StartAsync(flavour);
        IReadOnlyList<TruthStack> truth = await TruthStack.AllOfAsync(target);
        string[] own = (await target.CommandAsync("async-own")).Replace("Stackflare.Targets.Shapes.Awaits.", "", StringComparison.Ordinal).Split(';');
        Assert.Equal(
            truth.Where(t => t.RunningThread is null && t.Kind != "Cycle").Select(t => t.Calls).Order(StringComparer.Ordinal),
            own.Where(s => !s.StartsWith("Cycle", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.StateMachines)]
    public async Task ThoseThatAreAlikeStandTogether(string flavour)
    {
        await using var target = await StartAsync(flavour);
        await TruthStack.AllOfAsync(target);
        ThreadDump dump = Take(target);
        AssertTogether(dump.AsyncStacks);
        AssertTogether(dump.AsyncStacks.Single(s => s.Frames[^1].Method.Name == "AllOfAList").WaitingFor.Unfinished);

        static void AssertTogether(IReadOnlyList<AsyncStack> stacks)
        {
            var runs = new List<(string Text, int Count)>();
            foreach (string text in stacks.Where(s => !s.IsOfPlatform).Select(Exactly))
            {
                if (runs.Count > 0 && runs[^1].Text == text)
                    runs[^1] = (text, runs[^1].Count + 1);
                else
                    runs.Add((text, 1));
            }

            Assert.Equal(runs.Count, runs.Select(r => r.Text).Distinct().Count());
            Assert.Equal(runs.Select(r => r.Count).OrderDescending(), runs.Select(r => r.Count));
        }

        static string Exactly(AsyncStack stack) =>
            $"{TruthStack.TextOf(stack)} of {stack.WaitingFor.Type} in {string.Join('|', stack.Frames.Select(f => $"{f.Method}{f.ILOffset}<{string.Join(',', f.TypeArguments)}>"))}";
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.StateMachines)]
    [InFlavours("net11, runtime async", LooksAt.StateMachines)]
    public async Task AChainBeyondAllLimitsIsCutAndSaysSo(string flavour)
    {
        await using var target = await StartAsync(flavour, "--deep", Deep);
        TruthStack truth = Assert.Single(await TruthStack.AllOfAsync(target));
        AsyncStack stack = Assert.Single(Take(target).AsyncStacks);
        (string, int)[] expected = [.. truth.Marks.Select(m => (m.Method, m.Line))];
        (string, int)[] seen = [.. stack.Frames.Select(f => (f.Method.FullName, f.Source!.Line))];
        Assert.Equal(stack.Frames.Count < truth.Marks.Count, stack.IsTruncated);
        Assert.InRange(stack.Frames.Count, 1000, truth.Marks.Count);
        Assert.Equal(expected[..seen.Length], seen);
        Assert.Equal(AsyncWaitKind.TaskCompletionSource, stack.WaitingFor.Kind);
    }

    [Theory]
    [InFlavours(Spread.Newest, LooksAt.StateMachines)]
    public async Task WhoeverDoesNotWantThemGetsNone(string flavour)
    {
        await using var target = await StartAsync(flavour);
        using var dumps = new LiveDumps(target.Pid, target.Describe, new CaptureOptions { AsyncStacks = AsyncStackMode.Never });
        ThreadDump dump = dumps.Take();
        Assert.False(dump.HasAsyncStacks);
        Assert.Empty(dump.AsyncStacks);
        target.Flavour.AssertNotes(dump.Notes);
        Assert.All(dump.Threads, t => Assert.Empty(t.AsyncCallers));
    }

    [Fact]
    public async Task OfARuntimeThatDoesNotTellANoteSaysSo()
    {
        await using var target = await StartAsync("net8");
        ThreadDump dump = Take(target);
        Assert.False(dump.HasAsyncStacks);
        Assert.Empty(dump.AsyncStacks);
        Assert.Single(dump.Notes, n => n.Contains("async", StringComparison.OrdinalIgnoreCase) && n.Contains(".NET 8", StringComparison.Ordinal));
    }

    [Theory]
    [InFlavours("net10, runtime async", LooksAt.Async)]
    public async Task OfARuntimeThatOnlyTriesRuntimeAsyncANoteSaysSo(string flavour)
    {
        await using var target = await StartAsync(flavour);
        ThreadDump dump = Take(target);
        Assert.True(dump.HasAsyncStacks);
        Assert.Contains("runtime-async", Assert.Single(dump.Notes), StringComparison.Ordinal);
        Assert.Contains(".NET 10 ", dump.Notes[0], StringComparison.Ordinal);
        // Those with a state machine are there all the same.
        Assert.Contains(dump.AsyncStacks, s => s.Frames.Any(f => f.Method.FullName.EndsWith("Functions.Void", StringComparison.Ordinal)));
    }

    internal static ThreadDump Take(TargetProcess target)
    {
        using var dumps = new LiveDumps(target.Pid, target.Describe, WithAsync);
        return dumps.Take();
    }

    /// <summary>Fails unless the program's stacks in a dump are those that it says, as often as it says.</summary>
    internal static void AssertSame(IReadOnlyList<TruthStack> truth, IEnumerable<AsyncStack> stacks, bool withThreads = true)
    {
        var seen = stacks.Where(s => !s.IsOfPlatform).Select(TruthStack.TextOf).ToList();
        List<TruthStack> missing = [.. truth.Where(t => t.RunningThread is null && !seen.Remove(t.TextWith(withThreads)))];
        Assert.True(
            missing.Count == 0 && seen.Count == 0,
            $"{missing.Count} are not there\n{string.Join('\n', missing)}\n{seen.Count} are there instead\n{string.Join('\n', seen)}");
    }

    private static IEnumerable<TruthStack> All(TruthStack truth) => truth.Unfinished.SelectMany(All).Prepend(truth);

    private static IEnumerable<AsyncStack> All(IEnumerable<AsyncStack> stacks) => stacks.SelectMany(s => All(s.WaitingFor.Unfinished).Prepend(s));

    private static Task<TargetProcess> StartAsync(string flavour, params string[] arguments) =>
        TargetProcess.StartAsync(Flavour.Named(flavour), "AsyncTruth", TargetOptions.NoTrap with { Arguments = arguments });
}
