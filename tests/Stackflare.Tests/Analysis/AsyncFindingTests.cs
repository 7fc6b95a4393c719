using Stackflare.Analysis;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Analysis;

public sealed class AsyncFindingTests
{
    private static readonly DumpFrame Load = Build.Frame("LoadAsync", 52, "await gate.WaitAsync();"), Handle = Build.Frame("HandleAsync", 31, "await LoadAsync();");
    private static readonly DumpFrame Accept = Build.Platform("Server", "AcceptAsync");

    [Theory]
    [InlineData(99, false)]
    [InlineData(100, true)]
    public void VeryManyAtOnePlaceAreSaid(int count, bool expected)
    {
        AsyncStack[] stacks = [.. Enumerable.Range(0, count).Select(i => Stack(AsyncWaitKind.SemaphoreSlim, Load, Handle)), Stack(AsyncWaitKind.Delay, Load)];

        Finding[] findings = [.. AsyncFindings.ManyAlike(AsyncStackGroup.Group(stacks))];

        Assert.Equal(expected, findings.Length == 1);
        if (expected)
        {
            Assert.Equal((FindingKind.ManyAsyncAlike, "100 async stacks wait at the same place"), (findings[0].Kind, findings[0].Summary));
            Assert.Equal(["at MyApp.Program.LoadAsync() in /src/Program.cs:line 52"], findings[0].Evidence);
            Assert.Equal(100, findings[0].Count);
            Assert.Equal([new FindingFrame(Load, 100)], findings[0].Frames);
        }
    }

    [Fact]
    public void OfThePlatformAloneNothingIsSaid() =>
        Assert.Empty(AsyncFindings.ManyAlike(AsyncStackGroup.Group(Enumerable.Range(0, 500).Select(_ => Stack(AsyncWaitKind.Socket, Accept)))));

    [Fact]
    public void ACycleIsSaidOnceWithItsMethods()
    {
        AsyncStack[] stacks = [Stack(AsyncWaitKind.Cycle, Load, Handle), Stack(AsyncWaitKind.Cycle, Load, Handle), Stack(AsyncWaitKind.Delay, Load)];

        Finding finding = Assert.Single(AsyncFindings.Cycles(AsyncStackGroup.Group(stacks)));

        Assert.Equal((FindingKind.AsyncCycle, "Async methods wait for each other forever"), (finding.Kind, finding.Summary));
        Assert.Equal(
            ["at MyApp.Program.LoadAsync() in /src/Program.cs:line 52", "at MyApp.Program.HandleAsync() in /src/Program.cs:line 31"], finding.Evidence);
        Assert.Equal(2, finding.Count);
        Assert.Equal([new FindingFrame(Load, 2), new FindingFrame(Handle, 2)], finding.Frames);
    }

    private static AsyncStack Stack(AsyncWaitKind kind, params DumpFrame[] frames) => Build.Stack(Build.For(kind), frames);

    private static ThreadDump Dump(AsyncStack[] stacks) => Build.Dump([]) with { AsyncStacks = stacks };
}
