using Stackflare.Capture.External;

namespace Stackflare.Tests.Capture.External;

/// <summary>A process stands still only if none of its threads has run, begun or ended.</summary>
public sealed class StillnessTests
{
    private const ulong Sp = 0x7000_0800, Ip = 0x40_0000;

    private readonly FakeThreads _threads = new();
    private readonly FakeThread _first, _second;

    public StillnessTests()
    {
        _first = _threads.Add(1).Wait(Sp, Ip);
        _second = _threads.Add(2).Wait(Sp, Ip);
    }

    [Fact]
    public void ThreadsThatWaitStandStill() => Assert.True(Stillness.Find(_threads)!.Holds());

    [Fact]
    public void AThreadThatRunsDoesNot()
    {
        _second.Run(Sp, Ip);
        Assert.Null(Stillness.Find(_threads));
        // It has lost its processor in the middle of its code.
        (_second.State, _second.Call) = ('R', $"-1 0x{Sp:x} 0x{Ip:x}");
        Assert.Null(Stillness.Find(_threads));
        (_second.State, _second.Call) = ('S', "running");
        Assert.Null(Stillness.Find(_threads));
    }

    /// <summary>It came back to the same call with the same arguments.</summary>
    [Fact]
    public void AThreadThatHasRunIsSeen() => AssertSeen(() => _second.Switches++);

    [Fact]
    public void AThreadInAnotherCallIsSeen() => AssertSeen(() => _second.Wait(Sp + 8, Ip));

    [Fact]
    public void AThreadThatRunsNowIsSeen() => AssertSeen(() => _first.Run(Sp, Ip));

    [Fact]
    public void AThreadThatHasBegunIsSeen() => AssertSeen(() => _threads.Add(3).Wait(Sp, Ip));

    [Fact]
    public void AThreadThatHasEndedIsSeen() => AssertSeen(() => _second.HasEnded = true);

    [Fact]
    public void ADebuggerThatHoldsAThreadIsSeen() => AssertSeen(() => (_second.State, _second.IsTraced) = ('t', true));

    /// <summary>To read its registers costs it a switch, and it is back at its place some time later.</summary>
    [Fact]
    public void AThreadMayBeHeldMeanwhileIfItIsBack()
    {
        Stop(_second, Ip);
        Stillness still = Stillness.Find(_threads)!;
        _second.Switches++;
        Assert.False(still.Holds());
        _second.State = 'R';
        int looks = 0;
        _second.Looked = () => _second.State = ++looks > 3 ? 'T' : 'R';
        Assert.True(still.Renew([2]));
        Assert.True(still.Holds());
        _second.Switches++;
        Assert.False(still.Holds());
    }

    [Fact]
    public void AThreadThatIsElsewhereAfterItWasHeldIsSeen()
    {
        Stop(_second, Ip);
        Stillness still = Stillness.Find(_threads)!;
        Stop(_second, Ip + 4);
        Assert.False(still.Renew([2]));
        Assert.False(still.Renew([3]));
    }

    /// <summary>Stopped, continued and stopped again: the thread that was in a call shows it.</summary>
    [Fact]
    public void AProcessThatWentOnInBetweenIsSeen()
    {
        _first.State = 'T';
        Stop(_second, Ip);
        Stillness still = Stillness.Find(_threads)!;
        _first.Switches++;
        _second.Switches++;
        Assert.True(still.Renew([2]));
        Assert.False(still.Holds());
    }

    /// <summary>It is in the list and cannot be looked at, so it may run.</summary>
    [Fact]
    public void AThreadThatCannotBeSeenMayRun()
    {
        var threads = new FakeThreads { ListsEnded = true };
        threads.Add(1).HasEnded = true;
        threads.Add(2).Wait(Sp, Ip);
        Assert.Null(Stillness.Find(threads));
    }

    /// <summary>A thread begins another one, which runs, before it is looked at itself.</summary>
    [Fact]
    public void AThreadThatBeginsDuringTheLookIsSeen()
    {
        bool hasBegun = false;
        _first.Looked = () =>
        {
            if (!hasBegun)
                _threads.Add(3).Run(Sp, Ip);
            hasBegun = true;
        };
        Assert.Null(Stillness.Find(_threads));
    }

    [Fact]
    public void AProcessThatHasEndedDoesNotStandStill()
    {
        _first.HasEnded = _second.HasEnded = true;
        Assert.Null(Stillness.Find(_threads));
    }

    private static void Stop(FakeThread thread, ulong ip) => (thread.State, thread.Call) = ('T', $"-1 0x{Sp:x} 0x{ip:x}");

    private void AssertSeen(Action change)
    {
        Stillness still = Stillness.Find(_threads)!;
        change();
        Assert.False(still.Holds());
    }
}
