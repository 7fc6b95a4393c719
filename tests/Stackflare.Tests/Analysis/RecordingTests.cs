using Stackflare.Analysis;
using Stackflare.Tests.Writers;
using Stackflare.Writers.Profiles;
using static Stackflare.Tests.Writers.Build;

namespace Stackflare.Tests.Analysis;

/// <summary>The weights of a recording are the time that passed, and samples are due at the right times.</summary>
public sealed class RecordingTests
{
    private static readonly DumpFrame Main = Frame("Main", 1, null), Work = Frame("Work", 2, null), Rest = Frame("Rest", 3, null);

    [Theory]
    [InlineData("Wall", 100_000, 100_000)]
    [InlineData("Cpu", 40_000, 5_000)]
    [InlineData("Blocked", 25_000, 100_000)] // not while the thread is found running
    public void EachStackCountsForTheTimeSinceTheDumpBefore(string mode, long worker, long idler)
    {
        using var samples = new StackSamples(RenderOptions.Default);
        var recording = new Recording(Enum.Parse<RecordingMode>(mode), samples);
        // A worker that has run for 20 ms of each 50 ms, and is found at work first, then at rest; irregular dumps.
        recording.Add(Sample(10, 100, ThreadActivity.Running, Work), TimeSpan.Zero);
        recording.Add(Sample(30, 104, ThreadActivity.Running, Work), TimeSpan.FromMilliseconds(60));
        recording.Add(Sample(50, 105, ThreadActivity.Waiting, Rest), TimeSpan.FromMilliseconds(90));
        recording.End(TimeSpan.FromMilliseconds(100));

        Assert.True(samples.IsTime);
        Assert.Equal(worker, samples.Threads.Where(t => t.Name == "worker").Sum(t => t.Samples));
        Assert.Equal(idler, samples.Threads.Where(t => t.Name == "idler").Sum(t => t.Samples));
        Assert.All(samples.Threads, t => Assert.Equal(t.Samples, t.Runs.Sum(r => r.Count)));
    }

    /// <summary>What a thread uses is not at the stacks where it waits, and what an idle thread of the framework uses is not lost.</summary>
    [Fact]
    public void ProcessorTimeIsWhereThreadsRun()
    {
        using var samples = new StackSamples(RenderOptions.Default, forPeople: true);
        var recording = new Recording(RecordingMode.Cpu, samples);
        recording.Add(Sample(10, 100, ThreadActivity.Waiting, Rest), TimeSpan.Zero);
        recording.Add(Sample(13, 100, ThreadActivity.Waiting, Rest), TimeSpan.FromMilliseconds(10));
        recording.Add(Sample(16, 100, ThreadActivity.Running, Work), TimeSpan.FromMilliseconds(20));
        recording.Add(Sample(19, 102, ThreadActivity.Waiting, Rest), TimeSpan.FromMilliseconds(30));
        recording.End(TimeSpan.FromMilliseconds(30));
        string text = Render.With(samples, DumpFormat.Folded);
        Assert.Equal("idler;MyApp.Program.Main;MyApp.Program.Rest;[ran between samples] 2000\nworker;MyApp.Program.Main;MyApp.Program.Work 9000\n", text);
    }

    /// <summary>A thread that begins has used all of its processor time since the dump before; one with the id of another that has ended as well.</summary>
    [Fact]
    public void NewThreadsHaveRunSinceTheyBegan()
    {
        using var samples = new StackSamples(RenderOptions.Default);
        var recording = new Recording(RecordingMode.Cpu, samples);
        recording.Add(Sample(10, 100, ThreadActivity.Running, Work), TimeSpan.Zero);
        recording.Add(Dump(Thread(9, "new", ThreadActivity.Running, [Work, Main], cpu: 7), Thread(1, "worker", ThreadActivity.Running, [Work, Main], cpu: 3)), TimeSpan.FromMilliseconds(10));
        recording.Add(Dump(Thread(8, "old", ThreadActivity.Running, [Work, Main], cpu: 9_000)), TimeSpan.FromMilliseconds(20));
        recording.End(TimeSpan.FromMilliseconds(20));
        // The kernel's thread is old, but the runtime knows it only since the last dump.
        Assert.Equal(10_000, samples.Threads.Single(t => t.Name == "old").Samples);
        Assert.Equal(7_000, samples.Threads.Single(t => t.Name == "new").Samples);
        Assert.Equal(3_000, samples.Threads.Single(t => t.Name == "worker").Samples);
    }

    /// <summary>On a busy machine, a sample may not get to each thread. What such a thread used is at the stack that is found next.</summary>
    [Fact]
    public void ProcessorTimeWaitsForAStack()
    {
        using var samples = new StackSamples(RenderOptions.Default);
        var recording = new Recording(RecordingMode.Cpu, samples);
        recording.Add(Dump(Thread(1, "worker", ThreadActivity.Running, [Work, Main], cpu: 10)), TimeSpan.Zero);
        recording.Add(Dump(Thread(1, "worker", ThreadActivity.Running, [], completeness: StackCompleteness.NotWalked, cpu: 14)), TimeSpan.FromMilliseconds(10));
        recording.Add(Dump(Thread(1, "worker", ThreadActivity.Running, [Rest, Main], cpu: 17)), TimeSpan.FromMilliseconds(20));
        recording.End(TimeSpan.FromMilliseconds(20));
        Assert.Equal("worker;MyApp.Program.Main;MyApp.Program.Rest 7000\n", Render.With(samples, DumpFormat.Folded));
    }

    /// <summary>The first and the last sample are whole dumps. Their pauses are longer, and say nothing about those of the others.</summary>
    [Fact]
    public void PausesOfWholeDumpsDoNotMakeSamplesRare()
    {
        var clock = new SampleClock(Milliseconds(10), Milliseconds(2_000));
        TimeSpan now = TimeSpan.Zero;
        var whole = new List<TimeSpan>();
        int samples = 0;
        for (; clock.Next(now) is { } due; samples++)
        {
            now = due;
            if (clock.IsWhole)
                whole.Add(due);
            clock.Took(Milliseconds(clock.IsWhole ? 3 : 0.05));
        }
        Assert.Equal([TimeSpan.Zero, Milliseconds(2_000)], whole);
        Assert.InRange(samples, 195, 201);
        Assert.InRange(clock.Paused, Milliseconds(14), Milliseconds(17));
    }

    [Fact]
    public void SamplesAreDueAtMultiplesOfTheInterval()
    {
        var clock = new SampleClock(Milliseconds(10), Milliseconds(100));
        Assert.Equal(Milliseconds(1), clock.Next(Milliseconds(1)));
        clock.Took(TimeSpan.FromMicroseconds(1));
        Assert.Equal(Milliseconds(10), clock.Next(Milliseconds(4)));
        // One was late: the next is on time again.
        Assert.Equal(Milliseconds(40), clock.Next(Milliseconds(33)));
        Assert.Equal(Milliseconds(100), clock.Next(Milliseconds(95)));
        Assert.Null(clock.Next(Milliseconds(101)));
        Assert.False(clock.IsThrottled);
    }

    [Fact]
    public void LongPausesMakeSamplesRare()
    {
        var clock = new SampleClock(Milliseconds(10), Milliseconds(30_000));
        TimeSpan now = TimeSpan.Zero;
        int samples = 0;
        while (clock.Next(now) is { } due)
        {
            clock.Took(Milliseconds(2));
            now = due + Milliseconds(5);
            samples++;
        }
        Assert.True(clock.IsThrottled);
        Assert.InRange(samples, 148, 150);
        Assert.Equal(Milliseconds(2 * samples), clock.Paused);
    }

    /// <summary>Samples that have a part of the pauses for themselves keep to it.</summary>
    [Fact]
    public void APartOfThePausesIsNotExceeded()
    {
        var clock = new SampleClock(Milliseconds(10), Milliseconds(30_000), isIncremental: false, SampleClock.MaxPaused / 2);
        for (TimeSpan now = TimeSpan.Zero; clock.Next(now) is { } due; now = due)
            clock.Took(Milliseconds(2));
        Assert.InRange(clock.Paused, Milliseconds(146), Milliseconds(150));
    }

    /// <summary>What threads used up to now is counted before the end too, and once.</summary>
    [Fact]
    public void ARecordingCanBeSettledBeforeItsEnd()
    {
        using var samples = new StackSamples(RenderOptions.Default);
        var recording = new Recording(RecordingMode.Cpu, samples);
        recording.Add(Sample(10, 100, ThreadActivity.Running, Work), TimeSpan.Zero);
        recording.Add(Sample(15, 100, ThreadActivity.Waiting, Rest), TimeSpan.FromMilliseconds(10));
        recording.Settle();
        Assert.Equal(5_000, samples.Threads.Single(t => t.Name == "worker").Samples);
        recording.Settle();
        recording.Add(Sample(18, 100, ThreadActivity.Running, Work), TimeSpan.FromMilliseconds(20));
        recording.End(TimeSpan.FromMilliseconds(20));
        Assert.Equal(8_000, samples.Threads.Single(t => t.Name == "worker").Samples);
    }

    /// <summary>After one long pause, samples are rarer for a while, but there are some.</summary>
    [Fact]
    public void OneLongPauseDoesNotStopARecording()
    {
        var clock = new SampleClock(Milliseconds(10), Milliseconds(10_000));
        TimeSpan now = TimeSpan.Zero, longest = TimeSpan.Zero;
        for (int i = 0; clock.Next(now) is { } due; i++)
        {
            longest = due - now > longest ? due - now : longest;
            clock.Took(Milliseconds(i == 20 ? 30 : 0.5));
            now = due;
        }
        Assert.Equal(Milliseconds(10_000), now);
        Assert.InRange(longest, Milliseconds(60), Milliseconds(500));
        Assert.InRange(clock.Paused, Milliseconds(80), Milliseconds(100));
    }

    /// <summary>Without an end, a long pause is made up for, and samples go on.</summary>
    [Fact]
    public void ARecordingWithoutAnEndMakesUpForALongPause()
    {
        var clock = new SampleClock(Milliseconds(10), duration: null);
        TimeSpan now = TimeSpan.Zero, longest = TimeSpan.Zero;
        int wholes = 0;
        for (int i = 0; now < Milliseconds(120_000); i++)
        {
            TimeSpan due = clock.Next(now)!.Value;
            longest = due - now > longest ? due - now : longest;
            now = due;
            wholes += clock.IsWhole ? 1 : 0;
            clock.Took(Milliseconds(i == 20 ? 300 : 0.05));
            Assert.True(now < Milliseconds(2_000) || clock.Paused <= (0.01 * now) + Milliseconds(300));
        }
        Assert.InRange(longest, Milliseconds(15_000), Milliseconds(25_000));
        Assert.True(clock.Paused <= 0.01 * now, $"{clock.Paused} of {now}");
        Assert.InRange(wholes, 2, 3);
    }

    /// <summary>A program with many threads: the first sample and the second one walk all of them.</summary>
    [Theory]
    [InlineData(10, 680, 300)]
    [InlineData(20, 380, 3_700)] // whether the others are shorter is found out when the first two are paid for
    [InlineData(30, 140, 5_500)]
    [InlineData(40, 2, 10_000)]
    public void SamplesThatWalkAllThreadsLeaveRoomForOthers(double first, int least, double gap)
    {
        (int samples, TimeSpan longest, SampleClock clock) = Run(i => i == 0 ? first : i == 1 ? 0.8 * first : 0.1, last: first);
        Assert.InRange(samples, least, 1000);
        Assert.InRange(longest, TimeSpan.Zero, Milliseconds(gap));
        Assert.InRange(clock.Paused, TimeSpan.Zero, Milliseconds(101));
    }

    /// <summary>Regular long pauses do not use up what belongs to the rest of the recording.</summary>
    [Fact]
    public void RegularLongPausesAreSpread()
    {
        (int samples, TimeSpan longest, SampleClock clock) = Run(i => i % 3 == 0 ? 3 : 0.05, last: 3);
        Assert.InRange(samples, 60, 110);
        Assert.InRange(longest, TimeSpan.Zero, Milliseconds(700));
        Assert.InRange(clock.Paused, Milliseconds(60), Milliseconds(103));
    }

    /// <summary>Rare long pauses are paid for too, before the next one.</summary>
    [Fact]
    public void RareLongPausesDoNotUseUpTheRecording()
    {
        (_, TimeSpan longest, SampleClock clock) = Run(i => i % 16 == 15 ? 30 : 0.05, last: 0.05);
        Assert.InRange(longest, TimeSpan.Zero, Milliseconds(3_500));
        Assert.InRange(clock.Paused, TimeSpan.Zero, Milliseconds(131));
    }

    /// <summary>Samples that all take as long as the first one are not taken at once.</summary>
    [Theory]
    [InlineData(true, 9, 2_000)]
    [InlineData(false, 5, 2_000)]
    [InlineData(false, 3, 2_000)]
    public void LongSamplesKeepToTheLimitInAShortRecording(bool isIncremental, double pause, double duration)
    {
        var clock = new SampleClock(Milliseconds(10), Milliseconds(duration), isIncremental);
        var dues = new List<TimeSpan>();
        for (TimeSpan now = TimeSpan.Zero; clock.Next(now) is { } due; now = due)
        {
            dues.Add(due);
            clock.Took(Milliseconds(pause));
        }
        Assert.InRange(clock.Paused, TimeSpan.Zero, Milliseconds(duration * 0.01));
        Assert.True(isIncremental || dues.Count < 2 || dues[1] >= Milliseconds(100 * pause), string.Join(", ", dues));
    }

    /// <summary>Ten seconds at 100 samples a second.</summary>
    private static (int Samples, TimeSpan LongestGap, SampleClock Clock) Run(Func<int, double> pause, double last)
    {
        var clock = new SampleClock(Milliseconds(10), Milliseconds(10_000));
        TimeSpan now = TimeSpan.Zero, longest = TimeSpan.Zero;
        int samples = 0;
        for (; clock.Next(now) is { } due; samples++)
        {
            longest = due - now > longest ? due - now : longest;
            now = due;
            clock.Took(Milliseconds(samples > 0 && clock.IsWhole ? last : pause(samples)));
        }
        return (samples, clock.Rest(now) is { } rest && rest > longest ? rest : longest, clock);
    }

    /// <summary>After Ctrl+C, the last dump is taken if the program was not paused for too long.</summary>
    [Theory]
    [InlineData(3, true)]
    [InlineData(90, false)]
    public void TheLastDumpIsTakenIfItIsAffordable(double pause, bool can)
    {
        var clock = new SampleClock(Milliseconds(10), duration: null);
        _ = clock.Next(TimeSpan.Zero);
        clock.Took(Milliseconds(pause));
        Assert.Equal(can, clock.CanEnd(Milliseconds(1_000)));
        Assert.True(clock.IsWhole);
        clock.Failed(Milliseconds(5));
        Assert.Equal(Milliseconds(pause + 5), clock.Paused);
    }

    /// <summary>A pause that is too long for the whole recording allows one sample.</summary>
    [Fact]
    public void OneSampleIsAlwaysTaken()
    {
        var clock = new SampleClock(Milliseconds(10), Milliseconds(1_000));
        Assert.NotNull(clock.Next(TimeSpan.Zero));
        clock.Took(Milliseconds(500));
        Assert.Null(clock.Next(Milliseconds(600)));
        Assert.Equal(Milliseconds(400), clock.Rest(Milliseconds(600)));
    }

    private static ThreadDump Sample(int workerCpu, int idlerCpu, ThreadActivity activity, DumpFrame frame) => Dump(
        Thread(1, "worker", activity, [frame, Main], cpu: workerCpu), Thread(2, "idler", ThreadActivity.Waiting, [Rest, Main], cpu: idlerCpu));

    private static TimeSpan Milliseconds(double n) => TimeSpan.FromMilliseconds(n);
}
