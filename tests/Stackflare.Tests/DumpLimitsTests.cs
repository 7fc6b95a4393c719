namespace Stackflare.Tests;

public sealed class DumpLimitsTests
{
    [Fact]
    public void RefusesWhatIsOutOfRange()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { Threads = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { FramesPerThread = 1_000_001 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { Frames = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { SnapshotBytes = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { Pause = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { Time = Timeout.InfiniteTimeSpan });
    }

    [Fact]
    public void TakesWhatIsInRange()
    {
        var limits = new DumpLimits { Threads = 1, FramesPerThread = 1, Frames = 1, SnapshotBytes = 64 << 10, Pause = TimeSpan.FromMilliseconds(1) };
        Assert.Equal(1, limits.Threads);
        Assert.Equal(TimeSpan.FromSeconds(5), limits.Time);
    }
}
