using System.Diagnostics;
using Stackflare.Capture;

namespace Stackflare.Tests.Capture;

/// <summary>Real dumps of the test's own process, by many at once, and without waiting for them.</summary>
public sealed class SharedCaptureTests
{
    private static readonly CaptureOptions Patient = new() { AsyncStacks = AsyncStackMode.Never, Limits = new DumpLimits { Timeout = TimeSpan.FromMinutes(5) } };

    [Fact]
    public void ThirtyTwoThreadsThatAskAtOnceShareOneCapture()
    {
        // No other test has these options.
        CaptureOptions shared = Patient with { SourceText = false };
        var dumps = new ThreadDump?[32];
        Thread[] threads;
        using (new HeldQueue())
        {
            threads = [.. Enumerable.Range(0, dumps.Length).Select(i => new Thread(() => dumps[i] = Flare.Capture(shared)) { Name = $"asks {i}", IsBackground = true })];
            foreach (Thread thread in threads)
                thread.Start();
            Assert.True(SpinWait.SpinUntil(() => SelfCapture.Queue.WaitingFor(shared) == threads.Length, Patient.Limits.Timeout));
        }
        foreach (Thread thread in threads)
            thread.Join();
        ThreadDump dump = Assert.Single(dumps.Distinct())!;
        // It began after all of them had asked.
        Assert.Equal(threads.Select(t => t.Name).Order(), dump.Threads.Select(t => t.Name).Where(n => n?.StartsWith("asks ", StringComparison.Ordinal) == true).Order());
    }

    [Fact]
    public async Task ADumpIsTakenWithoutBlockingTheCallerAndWithoutThePool()
    {
        using var held = new HeldQueue();
        Task<ThreadDump> task = Flare.CaptureAsync(Patient, TestContext.Current.CancellationToken);
        // It is awaited before it can complete.
        Task<(ThreadDump, bool)> next = GoOnAsync(task);
        Assert.False(task.IsCompleted);
        held.Dispose();
        (ThreadDump dump, bool neededThePool) = await next;
        Assert.False(neededThePool);
        Assert.NotEmpty(dump.Threads);
        // The one that took it; another test's may be about to end.
        Assert.Contains(dump.Threads, t => t is { Name: CaptureThread.Name, IsOwn: true });
    }

    private static async Task<(ThreadDump Dump, bool NeededThePool)> GoOnAsync(Task<ThreadDump> task)
    {
        ThreadDump dump = await task.ConfigureAwait(false);
        return (dump, Thread.CurrentThread.IsThreadPoolThread);
    }

    [Fact]
    public async Task WhoCancelsIsNotKeptWaiting()
    {
        using (new HeldQueue())
        {
            using var source = new CancellationTokenSource();
            Task<ThreadDump> task = Flare.CaptureAsync(Patient, source.Token);
            await source.CancelAsync();
            // The queue is held: it is the cancellation that ends it.
            var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
            Assert.Equal(source.Token, error.CancellationToken);
            Assert.True(Flare.CaptureAsync(Patient, source.Token).IsCanceled);
        }
        Assert.NotEmpty(Flare.Capture(Patient).Threads);
    }

    /// <summary>At any moment: before the attach, in the pause, while the snapshot comes. The program goes on, and the next dump is taken.</summary>
    [Fact]
    public async Task ACaptureThatIsCalledOffLeavesTheProgramRunning()
    {
        int cancelled = 0, taken = 0;
        for (int i = 0; i < 40; i++)
        {
            using var source = new CancellationTokenSource();
            Task<ThreadDump> task = Flare.CaptureAsync(Patient, source.Token);
            long wait = i * Stopwatch.Frequency / 4000, began = Stopwatch.GetTimestamp();
            SpinWait.SpinUntil(() => task.IsCompleted || Stopwatch.GetTimestamp() - began > wait);
            await source.CancelAsync();
            try
            {
                await task;
                taken++;
            }
            catch (OperationCanceledException)
            {
                cancelled++;
            }
        }
        Assert.NotEqual(0, cancelled);
        Assert.NotEmpty(Flare.Capture(Patient).Threads);
        TestContext.Current.TestOutputHelper?.WriteLine($"{cancelled} called off, {taken} taken");
    }

    [Fact]
    public async Task ErrorsAreTheTasks()
    {
        using var held = new HeldQueue();
        Task<ThreadDump> task = Flare.CaptureAsync(Patient with { Limits = new DumpLimits { Timeout = TimeSpan.FromMilliseconds(10) } }, TestContext.Current.CancellationToken);
        Assert.Equal(StackflareError.Timeout, (await Assert.ThrowsAsync<CaptureTimeoutException>(() => task)).Error);
    }
}
