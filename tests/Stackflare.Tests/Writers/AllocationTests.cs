using Stackflare.Writers;

namespace Stackflare.Tests.Writers;

public sealed class AllocationTests
{
    /// <summary>What a rendering allocates depends on distinct frames and threads, not on how deep the stacks are.</summary>
    [Theory, InlineData(DumpFormat.Text), InlineData(DumpFormat.Traceback), InlineData(DumpFormat.Json)]
    public void DeepStacksAllocateNoMoreThanShallowOnes(DumpFormat format)
    {
        DumpFrame[] frames = [.. Enumerable.Range(0, 50).Select(i => Build.Frame($"M{i}", i, "text"))];
        long shallow = Allocated(Dump(frames, 50), format), deep = Allocated(Dump(frames, 1000), format);
        Assert.True(deep < shallow + 100_000, $"{format}: {shallow:N0} bytes for 100 stacks of 50 frames, {deep:N0} for 100 of 1,000.");
    }

    private static ThreadDump Dump(DumpFrame[] frames, int depth)
    {
        var random = new Random(1);
        return Build.Dump([.. Enumerable.Range(1, 100).Select(i =>
            Build.Thread(i, "t", ThreadActivity.Waiting, [.. Enumerable.Range(0, depth).Select(_ => frames[random.Next(frames.Length)])]))]);
    }

    /// <summary>The least of some runs: the first ones fill the pool, and a garbage collection may empty it.</summary>
    private static long Allocated(ThreadDump dump, DumpFormat format) => Enumerable.Range(0, 5).Min(_ =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        using (var bytes = new PooledBytes())
            DumpRenderer.Write(dump, format, RenderOptions.Default, bytes);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    });
}
