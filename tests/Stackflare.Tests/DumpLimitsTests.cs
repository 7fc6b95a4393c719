namespace Stackflare.Tests;

public sealed class DumpLimitsTests
{
    [Fact]
    public void RefusesWhatIsOutOfRange()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { MaxThreads = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { MaxFramesPerThread = 1_000_001 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { MaxFrames = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { MaxSnapshotBytes = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { MaxPause = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DumpLimits { Timeout = Timeout.InfiniteTimeSpan });
    }

    [Fact]
    public void TakesWhatIsInRange()
    {
        var limits = new DumpLimits { MaxThreads = 1, MaxFramesPerThread = 1, MaxFrames = 1, MaxSnapshotBytes = 64 << 10, MaxPause = TimeSpan.FromMilliseconds(1) };
        Assert.Equal(1, limits.MaxThreads);
        Assert.Equal(TimeSpan.FromSeconds(5), limits.Timeout);
    }
}
