using System.Text;
using Stackflare.Processes;

namespace Stackflare.Tests.Processes;

public sealed class OffCpuTimesTests
{
    private const string Rest = """
        -------------------------------------------------------------------
        se.exec_start                                :      22866647.005234
        se.vruntime                                  :        114082.517203
        se.sum_exec_runtime                          :             0.000000
        nr_switches                                  :                    3

        """;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("cat (10945, #threads: 1)")]
    [InlineData("\nse.exec_start (9, #threads: 1)")]
    [InlineData("a)\n---- (9, #threads: 1)")]
    public void TheTimeIsTheKernelsWhateverTheThreadIsCalled(string first) =>
        Assert.Equal(22_866_647_005_234, OffCpuTimes.ParseLastOn(Encoding.UTF8.GetBytes(first + "\n" + Rest)));

    [Theory]
    [InlineData("")]
    [InlineData("cat (1, #threads: 1)\n---\nse.vruntime : 1.000000\n")]
    [InlineData("\nse.exec_start : ")]
    [InlineData("\nse.exec_start : 12")]
    [InlineData("\nse.exec_start : 12.5")]
    [InlineData("\nse.exec_start : 12.00000x")]
    [InlineData("\nse.exec_start : -12.000000")]
    [InlineData("\nse.exec_start : 9223372036854775807.000000")]
    [InlineData("\nse.exec_starts : 12.000000")]
    public void WhatIsNoTimeIsNone(string sched) => Assert.Null(OffCpuTimes.ParseLastOn(Encoding.UTF8.GetBytes(sched)));

    [Fact]
    public void AThreadHasNotWaitedForLongerThanItHasBeen()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(300), OffCpuTimes.Between(5_000_000_000, 5_300_000_000, Minute));
        Assert.Equal(TimeSpan.Zero, OffCpuTimes.Between(5_300_000_000, 5_000_000_000, Minute));
        Assert.Null(OffCpuTimes.Between(0, 62_000_000_000, Minute));
        Assert.Null(OffCpuTimes.Between(0, 1_000_000_000, TimeSpan.FromSeconds(-1)));
    }

    /// <summary>Two clocks that nobody has set by each other.</summary>
    [Fact]
    public void AThreadThatHasWaitedSinceItBeganHasWaitedForItsAge() =>
        Assert.Equal(Minute, OffCpuTimes.Between(0, 60_030_000_000, Minute));

    [Theory]
    [InlineData("4 (a) b) S 1 4 4 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 1 0 4711 1 1 1 1 1 1 0 0 0 0 4096 0 0 0 0 17 3 0 0 0 0 0", 3)]
    [InlineData("4 (a) S 1 4 4", null)]
    [InlineData("4 (a)", null)]
    [InlineData("", null)]
    public void TheProcessorIsTheThirtyNinthField(string stat, int? processor) =>
        Assert.Equal(processor, ProcessFiles.LastProcessor(Encoding.UTF8.GetBytes(stat)));
}
