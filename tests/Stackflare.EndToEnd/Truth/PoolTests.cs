using System.Globalization;
using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Truth;

/// <summary>The thread pool's numbers are those that it has of itself.</summary>
public sealed class PoolTests(ITestOutputHelper output)
{
    private const int Done = 25, Queued = 5000, QueuedByEach = 3;

    private static int Workers => Math.Max(4, Environment.ProcessorCount);

    private static string Expected =>
        string.Create(CultureInfo.InvariantCulture, $"{Workers} {Workers} {Workers} {Queued + (QueuedByEach * Workers)} {Done}");

    [Theory]
    [InFlavours(Spread.Files, LooksAt.Pool)]
    public async Task FromOutsideThePoolIsAsItSaysOfItself(string flavour)
    {
        await using TargetProcess target = await StartAsync(flavour);
        using ProcessCapture capture = CaptureOf(target);
        Snapshot sample = capture.TakeSnapshot(TestContext.Current.CancellationToken);
        Assert.Equal(Expected, Text(capture.Symbolicate(sample).ThreadPool!));
        Assert.Equal(Workers, capture.Symbolicate(sample).ThreadPool!.Working);
        await target.CommandAsync("collect");
        Assert.Equal(Expected, Text(capture.Symbolicate(capture.TakeSnapshot(TestContext.Current.CancellationToken)).ThreadPool!));
        output.WriteLine($"pause {sample.Timings.Pause.TotalMicroseconds} us");
        await target.AssertAliveAsync();
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Stacks)]
    [InFlavours("single file", LooksAt.Stacks)]
    public async Task FromInsideThePoolIsAsItSaysOfItself(string flavour)
    {
        await using TargetProcess target = await StartAsync(flavour);
        Assert.Equal(Expected, await target.CommandAsync("own"));
    }

    [Fact]
    public async Task OfARuntimeThatDoesNotTellNothingIsSaid()
    {
        await using TargetProcess target = await StartAsync("net8");
        using ProcessCapture capture = CaptureOf(target);
        Assert.Null(capture.Symbolicate(capture.TakeSnapshot(TestContext.Current.CancellationToken)).ThreadPool);
    }

    [Theory]
    [InFlavours(Spread.Runtimes, LooksAt.Pool)]
    public async Task OfAPoolAtWorkTheNumbersAreOfOneMoment(string flavour)
    {
        const int Known = 200, Items = 2000;
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "PoolAtWork", TargetOptions.NoTrap);
        using ProcessCapture capture = CaptureOf(target);
        long completed = 0;
        int known = 0, taken = 0;
        for (var deadline = Deadline.In(); known < Known; taken++)
        {
            Assert.True(deadline.Left > TimeSpan.Zero, $"known in {known} of {taken} captures");
            ThreadPoolState pool = capture.TakeSnapshot(TestContext.Current.CancellationToken).ThreadPool!;
            int workers = pool.Workers!.Value;
            Assert.InRange(workers, 1, pool.Max!.Value);
            Assert.InRange(pool.Working!.Value, 0, workers);
            // Each item is queued or at work. A worker may have been stopped between the two, before or after.
            // Whatever was on the move in a garbage collection is not known, and then nothing is said.
            Assert.True(pool.Queued is null || Math.Abs(pool.Queued.Value - Items) <= workers, $"{pool.Queued} items, {workers} workers");
            if (pool is not { Queued: not null, Completed: { } done })
                continue;
            Assert.InRange(done, completed, long.MaxValue);
            completed = done;
            known++;
            // Only a capture that never knows ends it.
            deadline = Deadline.In();
        }

        output.WriteLine($"{completed} items completed, known in {known} of {taken} captures");
        await target.AssertAliveAsync();
    }

    /// <summary>The pool counts what is done when its thread comes back from it: a moment after the program has seen it done.</summary>
    private static async Task<TargetProcess> StartAsync(string flavour)
    {
        var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "PoolCounted", TargetOptions.NoTrap);
        for (var deadline = Deadline.In(); await target.CommandAsync("pool") is var pool && pool != Expected;)
            Assert.True(deadline.Left > TimeSpan.Zero, pool);
        return target;
    }

    private static ProcessCapture CaptureOf(TargetProcess target)
    {
        byte[] probe = File.ReadAllBytes(TestPaths.Probe);
        return new ProcessCapture(Processes.TargetProcess.Inspect(target.Pid), _ => probe, new CaptureOptions().WithPatience(), []);
    }

    private static string Text(ThreadPoolState state) =>
        string.Create(CultureInfo.InvariantCulture, $"{state.Workers} {state.Min} {state.Max} {state.Queued} {state.Completed}");
}
