using Stackflare.Capture.Probe;
using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Async;

/// <summary>Stacks that stand still are in every dump, whatever goes on around them; and those that do not are never put together wrongly.</summary>
[Trait(Runs.Trait, Runs.Long)]
public sealed class AsyncChurnTests(ITestOutputHelper output)
{
    private const string Churn = "Stackflare.Targets.Shapes.AsyncChurn";

    private static readonly int Captures = Runs.Times(gate: 40, full: 1000);

    [Theory]
    [InFlavours("net9", LooksAt.Async, "0")]
    [InFlavours("optimized", LooksAt.Async, "1")]
    [InFlavours("net11", LooksAt.Async, "0")]
    [InFlavours("net11", LooksAt.Async, "1")]
    [InFlavours("net11, runtime async", LooksAt.Async, "0")]
    [InFlavours("net11, runtime async", LooksAt.Async, "1")]
    [InFlavours("net11, runtime async, untiered", LooksAt.Async, "0")]
    [InFlavours("net11, runtime async, untiered", LooksAt.Async, "1")]
    public async Task NoStackIsLostOrWrong(string flavour, string serverCollector)
    {
        var environment = new Dictionary<string, string?> { ["DOTNET_gcServer"] = serverCollector };
        await using var target = await TargetProcess.StartAsync(
            Flavour.Named(flavour), "AsyncTruth", TargetOptions.NoTrap with { Arguments = ["--churn", "1"], Environment = environment });
        IReadOnlyList<TruthStack> truth = await TruthStack.AllOfAsync(target);
        TruthStack[] running = [.. truth.Where(t => t.RunningThread is not null)];
        bool withThreads = Flavour.Named(flavour).Has(LooksAt.Locks);
        using var dumps = new LiveDumps(target.Pid, target.Describe, new CaptureOptions { Heap = new HeapLimits { Pause = TimeSpan.FromSeconds(5) } });
        int collecting = 0, passing = 0;
        for (var i = 0; i < Captures; i++)
        {
            // How many background collections do not end in time is a matter of who else wants the processors: there has to be one more dump that has them.
            ThreadDump dump = await dumps.UntilAsync("a dump with async methods", d =>
            {
                if (d.HasAsyncStacks)
                    return true;
                Assert.Contains(d.Notes, n => n.Contains("background garbage collection", StringComparison.Ordinal));
                collecting++;
                return false;
            });
            Flavour.Named(flavour).AssertNotes(dump.Notes);
            AsyncStack[] churn = [.. dump.AsyncStacks.Where(IsOfChurn)];
            AsyncTruthTests.AssertSame(truth, dump.AsyncStacks.Where(s => !IsOfChurn(s)), withThreads);
            foreach (TruthStack stack in running)
            {
                Assert.Equal(
                    stack.Marks.Select(m => m.Method),
                    dump.Threads.Single(t => t.Name == stack.RunningThread).AsyncCallers.Where(f => !f.IsHidden).Select(f => f.Method.FullName));
            }

            foreach (AsyncStack stack in churn)
                AssertPossible(stack);
            passing += churn.Length;
        }

        output.WriteLine($"{passing} stacks in passing in {Captures} dumps; {collecting} dumps without, as a background collection did not end");
        Assert.True(passing > Captures);
        await target.AssertAliveAsync();
    }

    private static bool IsOfChurn(AsyncStack stack) => stack.Frames.Any(f => f.Method.DeclaringType == Churn);

    /// <summary>The one waits for the other, and each has but one await. Either may be there alone, while the other begins or has ended.</summary>
    private static void AssertPossible(AsyncStack stack)
    {
        string methods = string.Join(" < ", stack.Frames.Select(f => f.Method.FullName.Replace(Churn + ".", "", StringComparison.Ordinal)));
        Assert.True(methods is "Passed < Passing" or "Passed" or "Passing", methods);
        Assert.All(stack.Frames, f => Assert.Contains("await ", f.Source?.Text ?? "await ", StringComparison.Ordinal));
        Assert.Empty(stack.BlockedThreads);
        AsyncWait wait = stack.WaitingFor;
        Assert.True(
            wait.Kind is AsyncWaitKind.TaskCompletionSource or AsyncWaitKind.Ready or AsyncWaitKind.Running or AsyncWaitKind.Unknown,
            $"{methods} waits for {wait.Kind} {wait.Type} {wait.Object}");
    }
}
