using Stackflare.EndToEnd.Findings;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Async;

/// <summary>The <c>task</c> blocks of F#, which are state machines of another kind than those of C#.</summary>
public sealed class FSharpTests
{
    private const string Program = "Stackflare.Targets.FSharpTasks.Program.";

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    public async Task ATaskBlockHasTheNameOfItsFunctionAndItsLine(int runtime)
    {
        await using var target = await TargetProcess.StartAsync(runtime == 11 ? Flavour.FSharpOnNet11 : Flavour.FSharp, "tasks", TargetOptions.NoTrap);
        using var dumps = new LiveDumps(target);
        ThreadDump dump = await dumps.UntilAsync("all tasks to wait", d =>
            d.AsyncStacks.Count(s => s.WaitingFor.Kind == AsyncWaitKind.Delay) == 3 && d.AsyncStacks.Count(s => s.WaitingFor is { Kind: AsyncWaitKind.Running, Thread.Activity: ThreadActivity.Sleeping }) == 2
            && d.Threads.Any(t => t is { Name: "waiter", WaitingFor: { Kind: WaitKind.Task, Object: not null } }));
        Assert.Equal(5, dump.AsyncStacks.Count);
        DumpThread waiter = dump.Threads.Single(t => t.Name == "waiter");
        Assert.All(dump.AsyncStacks, s => Assert.Equal([waiter], s.BlockedThreads));
        Assert.All(dump.AsyncStacks.Where(s => s.WaitingFor.Kind == AsyncWaitKind.Delay), s =>
            Assert.Equal([(Program + "load", "Int32 order", "do! Task.Delay Timeout.Infinite"), (Program + "sum", "Int32 order", "let! price = load order")], s.Frames.Select(Describe)));
        Assert.All(dump.AsyncStacks.Where(s => s.WaitingFor.Kind == AsyncWaitKind.Running), s =>
        {
            (string, string, string)[] frames =
            [
                (Program + "work", "Int32 order, CountdownEvent areRunning", "Thread.Sleep Timeout.Infinite"),
                (Program + "workOuter", "Int32 order, CountdownEvent areRunning", "let! price = work order areRunning"),
            ];
            Assert.Equal(frames, s.Frames.Select(Describe));
            Assert.Contains(frames[0], s.WaitingFor.Thread!.Frames.Select(Describe));
            Assert.Contains(s.WaitingFor.Thread, waiter.WaitingFor!.WaitsFor);
        });
        Assert.Empty(dump.Deadlocks);
    }

    private static (string, string, string) Describe(DumpFrame frame) => (frame.Method.FullName, frame.Method.Parameters ?? "", frame.Source?.Text?.Trim() ?? "");
}
