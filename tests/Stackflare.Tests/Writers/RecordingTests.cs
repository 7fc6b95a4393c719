using Stackflare.Writers.Profiles;
using static Stackflare.Tests.Writers.Build;

namespace Stackflare.Tests.Writers;

/// <summary>The weights of a recording are the time that passed, and samples are due at the right times.</summary>
public sealed class RecordingTests
{
    private static readonly DumpFrame Main = Frame("Main", 1, null), Work = Frame("Work", 2, null), Rest = Frame("Rest", 3, null);

    [Theory]
    [InlineData("Wall", 100_000, 100_000)]
    [InlineData("Cpu", 40_000, 5_000)]
    [InlineData("Blocked", 20_000, 95_000)] // not while the thread is found running
    public void EachStackCountsForTheTimeSinceTheDumpBefore(string mode, long worker, long idler)
    {
        using var samples = new StackSamples(RenderOptions.Default);
        var recording = new Recording(Enum.Parse<RecordingMode>(mode), samples);
        // A worker that has run for 20 ms of each 50 ms, and is found at work first, then at rest; irregular dumps.
        recording.Add(Sample(10, 100, ThreadActivity.Running, Work), TimeSpan.Zero);
        recording.Add(Sample(30, 104, ThreadActivity.Running, Work), TimeSpan.FromMilliseconds(60));
        recording.Add(Sample(50, 105, ThreadActivity.Waiting, Rest), TimeSpan.FromMilliseconds(100));

        Assert.True(samples.IsTime);
        Assert.Equal(worker, samples.Threads.Where(t => t.Name == "worker").Sum(t => t.Samples));
        Assert.Equal(idler, samples.Threads.Where(t => t.Name == "idler").Sum(t => t.Samples));
        Assert.All(samples.Threads, t => Assert.Equal(t.Samples, t.Runs.Sum(r => r.Count)));
    }

    /// <summary>A thread that begins has used all of its processor time since the dump before; one with the id of another that has ended as well.</summary>
    [Fact]
    public void NewThreadsHaveRunSinceTheyBegan()
    {
        using var samples = new StackSamples(RenderOptions.Default);
        var recording = new Recording(RecordingMode.Cpu, samples);
        recording.Add(Sample(10, 100, ThreadActivity.Running, Work), TimeSpan.Zero);
        recording.Add(Dump(Thread(9, "new", ThreadActivity.Running, [Work, Main], cpu: 7), Thread(1, "worker", ThreadActivity.Running, [Work, Main], cpu: 3)), TimeSpan.FromMilliseconds(10));
        Assert.Equal(7_000, samples.Threads.Single(t => t.Name == "new").Samples);
        Assert.Equal(3_000, samples.Threads.Single(t => t.Name == "worker").Samples);
    }

    [Fact]
    public void SamplesAreDueAtMultiplesOfTheInterval()
    {
        var clock = new SampleClock(Milliseconds(10), Milliseconds(100));
        TimeSpan pause = TimeSpan.FromMicroseconds(1);
        Assert.Equal(Milliseconds(1), clock.Next(Milliseconds(1), TimeSpan.Zero));
        Assert.Equal(Milliseconds(10), clock.Next(Milliseconds(4), pause));
        // One was late: the next is on time again.
        Assert.Equal(Milliseconds(40), clock.Next(Milliseconds(33), pause));
        Assert.False(clock.HasEnded);
        Assert.Equal(Milliseconds(100), clock.Next(Milliseconds(95), pause));
        Assert.True(clock.HasEnded);
        Assert.False(clock.IsThrottled);
    }

    [Fact]
    public void LongPausesMakeSamplesRare()
    {
        var clock = new SampleClock(Milliseconds(10), null);
        TimeSpan now = clock.Next(TimeSpan.Zero, TimeSpan.Zero);
        for (int i = 0; i < 100; i++)
        {
            now = clock.Next(now + Milliseconds(5), Milliseconds(2));
            Assert.True(clock.Paused <= now * SampleClock.MaxPaused);
        }
        Assert.True(clock.IsThrottled);
        Assert.False(clock.HasEnded);
        Assert.Equal(Milliseconds(20_000), now);
    }

    private static ThreadDump Sample(int workerCpu, int idlerCpu, ThreadActivity activity, DumpFrame frame) => Dump(
        Thread(1, "worker", activity, [frame, Main], cpu: workerCpu), Thread(2, "idler", ThreadActivity.Waiting, [Rest, Main], cpu: idlerCpu));

    private static TimeSpan Milliseconds(double n) => TimeSpan.FromMilliseconds(n);
}
