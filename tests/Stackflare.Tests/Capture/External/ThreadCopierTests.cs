using Stackflare.Capture.External;
using Stackflare.Interop;
using Stackflare.Runtime;
using Stackflare.Tests.Runtime;

namespace Stackflare.Tests.Capture.External;

/// <summary>Threads that end, move or do not stop while they are copied: what is kept of each is of one moment, and each goes on.</summary>
public sealed class ThreadCopierTests
{
    private const ulong Record = 0x1000, Stack = 0x7000_0000, Sp = Stack + 0x800, Ip = 0x40_0000;
    private const int Id = 7, Bytes = 64;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30), Short = TimeSpan.FromMilliseconds(20);

    private readonly FakeThreads _threads = new();
    private readonly FakeMemory _live = new() { HasPages = true };
    private readonly CopiedMemory _copied;
    private readonly ThreadCopier _copier;

    public ThreadCopierTests()
    {
        _copied = new CopiedMemory(_live);
        _copier = new ThreadCopier(_threads, _copied, _live, Map, static id => id);
        Set(1);
    }

    [Fact]
    public void AThreadThatWaitsIsNotStopped()
    {
        _threads.Add(Id).Wait(Sp, Ip);
        ThreadStop stop = Copy();
        Assert.Empty(_threads.Done);
        Assert.Equal((0, TimeSpan.Zero), (stop.Count, stop.Length));
        Assert.Equal((Sp, Ip), (Kept.Registers!.Value.Sp, Kept.Registers.Value.Ip));
    }

    [Fact]
    public void WhatWasCopiedStaysWhenTheThreadGoesOn()
    {
        _threads.Add(Id).Wait(Sp, Ip);
        Copy();
        Set(2);
        Assert.Equal((1, 1), (Read(Record), Read(Sp)));
        Assert.Equal(2, Read(Sp - 8));
    }

    /// <summary>The thread runs between the two looks: the first copy is thrown away.</summary>
    [Fact]
    public void AThreadThatMovedIsCopiedAgain()
    {
        FakeThread thread = _threads.Add(Id).Wait(Sp, Ip);
        int looks = 0;
        thread.Looked = () =>
        {
            if (++looks > 1)
                return;
            thread.Wait(Sp + 0x10, Ip).Switches++;
            Set(2);
        };
        Copy();
        Assert.Empty(_threads.Done);
        Assert.Equal(Sp + 0x10, Kept.Registers!.Value.Sp);
        Assert.Equal((2, 2), (Read(Record), Read(Sp + 0x10)));
    }

    [Fact]
    public void AThreadThatIsBusyForAMomentIsNotStopped()
    {
        FakeThread thread = _threads.Add(Id).Run(Sp, Ip);
        thread.Looked = () => thread.Wait(Sp, Ip);
        Copy();
        Assert.Empty(_threads.Done);
        Assert.Equal(Ip, Kept.Registers!.Value.Ip);
    }

    /// <summary>It came back to the same call with the same arguments: only the count of its switches tells.</summary>
    [Fact]
    public void AThreadThatNeverStandsStillIsStopped()
    {
        FakeThread thread = _threads.Add(Id).Wait(Sp, Ip);
        thread.Registers = new() { Sp = Sp + 0x20, Ip = Ip };
        thread.Looked = () => thread.Switches++;
        ThreadStop stop = Copy();
        Assert.Equal([$"seize {Id}", $"interrupt {Id}", $"release {Id} with 0"], _threads.Done);
        Assert.Equal((1, Sp + 0x20), (stop.Count, Kept.Registers!.Value.Sp));
    }

    [Fact]
    public void AThreadThatRunsIsStoppedAndGoesOn()
    {
        _threads.Add(Id).Run(Sp, Ip).PollsBeforeStop = 3;
        ThreadStop stop = Copy();
        Assert.Equal([$"seize {Id}", $"interrupt {Id}", $"release {Id} with 0"], _threads.Done);
        Assert.Equal((1, Ip), (stop.Count, Kept.Registers!.Value.Ip));
        Assert.True(stop.Length > TimeSpan.Zero);
    }

    /// <summary>What a stop would change must not happen for nothing.</summary>
    [Fact]
    public void NobodyIsStoppedIfAThreadRunsThatShouldNot()
    {
        _threads.Add(Id).Run(Sp, Ip);
        Assert.Null(_copier.Copy([new ThreadPlace(Id, Record, Bytes)], 1 << 20, Long, isStill: true));
        Assert.Empty(_threads.Done);
    }

    /// <summary>It cannot be on its way into a system call.</summary>
    [Fact]
    public void AThreadThatASignalHasStoppedIsHeldForItsRegisters()
    {
        FakeThread thread = _threads.Add(Id).Run(Sp, Ip);
        (thread.State, thread.Call) = ('T', $"-1 0x{Sp:x} 0x{Ip:x}");
        Assert.NotNull(_copier.Copy([new ThreadPlace(Id, Record, Bytes)], 1 << 20, Long, isStill: true));
        Assert.Equal(Ip, Kept.Registers!.Value.Ip);
    }

    /// <summary>It must still get the signal that it was about to get.</summary>
    [Fact]
    public void ASignalIsPassedOn()
    {
        _threads.Add(Id).Run(Sp, Ip).Signal = 34;
        Copy();
        Assert.Equal($"release {Id} with 34", _threads.Done[^1]);
    }

    [Fact]
    public void ACallThatTheStopHasEndedIsSaid()
    {
        _threads.Add(Id).Run(Sp, Ip).EndedCall = 232;
        Assert.Contains(ExternalNotes.Of([Copy()], isStill: false, ""), static n => n.EndsWith("which the kernel does not restart: epoll_wait.", StringComparison.Ordinal));
    }

    [Fact]
    public void AThreadThatEndedBeforeIsLeftOut()
    {
        _threads.Add(Id).HasEnded = true;
        Copy();
        Assert.Empty(_threads.Done);
        Assert.Null(Kept.Registers);
    }

    [Fact]
    public void AThreadThatEndsDuringTheCopyIsLeftOut()
    {
        FakeThread thread = _threads.Add(Id).Wait(Sp, Ip);
        thread.Looked = () => thread.HasEnded = true;
        Copy();
        Assert.Empty(_threads.Done);
        Assert.Null(Kept.Registers);
    }

    [Fact]
    public void AThreadThatEndsInsteadOfStoppingIsLeftOut()
    {
        _threads.Add(Id).Run(Sp, Ip).EndsWhenSeized = true;
        ThreadStop stop = Copy();
        Assert.Equal([$"seize {Id}", $"interrupt {Id}"], _threads.Done);
        AssertSkipped(stop, SkipReason.BeganOrEnded);
    }

    /// <summary>The stack was mapped after the map was read, or the stack pointer is nonsense: the memory there would be that of a later moment.</summary>
    [Theory, InlineData(true), InlineData(false)]
    public void AStackThatIsNotMappedIsMissing(bool isWaiting)
    {
        const ulong Newer = Stack + 0x2000;
        _live.Write(Newer, 1, 1, 1, 1, 1, 1, 1, 1);
        _ = isWaiting ? _threads.Add(Id).Wait(Newer, Ip) : _threads.Add(Id).Run(Newer, Ip);
        AssertSkipped(Copy(), SkipReason.BeganOrEnded);
    }

    /// <summary>The thread has ended, and its id is that of another process's thread: that one must not be stopped.</summary>
    [Fact]
    public void AThreadOfAnotherProcessIsNotStopped()
    {
        _threads.Add(Id).Run(Sp, Ip).IsAnothers = true;
        ThreadStop stop = Copy();
        Assert.Equal([$"seize {Id}"], _threads.Done);
        AssertSkipped(stop, SkipReason.BeganOrEnded);
    }

    /// <summary>A page of the stack is on a disk or a server that does not answer: the thread goes on, and what is read later does not count.</summary>
    [Fact]
    public void AThreadGoesOnIfItsMemoryCannotBeReadInTime()
    {
        _threads.Add(Id).Run(Sp, Ip);
        var slow = new SlowMemory(_live, _threads.Released);
        var copier = new ThreadCopier(_threads, _copied, slow, Map, static id => id);
        ThreadStop stop = copier.Copy([new ThreadPlace(Id, Record, Bytes)], 1 << 20, Long)!;
        Assert.True(slow.WasReleasedFirst);
        Assert.Equal(SkipReason.NotInTime, stop.Skipped[Id]);
        Assert.Null(copier.Threads[Id].Registers);
    }

    /// <summary>Reading fails with an exception: the thread goes on.</summary>
    [Fact]
    public void AThreadGoesOnIfReadingFails()
    {
        _threads.Add(Id).Run(Sp, Ip);
        var copier = new ThreadCopier(_threads, _copied, new BrokenMemory(), Map, static id => id);
        Assert.Throws<InsufficientMemoryException>(() => copier.Copy([new ThreadPlace(Id, Record, Bytes)], 1 << 20, Long));
        Assert.Equal($"release {Id} with 0", _threads.Done[^1]);
        Assert.False(_threads.IsGuarded);
    }

    /// <summary>A native thread has left the runtime and come again: which record is its own is not known.</summary>
    [Fact]
    public void TwoRecordsOfOneThreadAreLeftOut()
    {
        _threads.Add(Id).Wait(Sp, Ip);
        ThreadStop stop = _copier.Copy([new ThreadPlace(Id, Record, Bytes), new ThreadPlace(Id, Record + 0x100, Bytes)], 1 << 20, Long)!;
        AssertSkipped(stop, SkipReason.BeganOrEnded);
    }

    [Fact]
    public void ADebuggersThreadIsNotTouched()
    {
        FakeThread thread = _threads.Add(Id);
        (thread.State, thread.IsTraced) = ('t', true);
        AssertSkipped(Copy(Long), SkipReason.Traced);
        Assert.Empty(_threads.Done);
    }

    [Fact]
    public void AThreadThatCannotBeInterruptedIsNotTouched()
    {
        FakeThread thread = _threads.Add(Id);
        (thread.State, thread.Call) = ('D', "-1 0x1 0x2");
        AssertSkipped(Copy(Long), SkipReason.Uninterruptible);
        Assert.Empty(_threads.Done);
    }

    /// <summary>Its registers are known, so it need not be stopped.</summary>
    [Fact]
    public void OneThatCannotBeInterruptedInACallIsCopied()
    {
        _threads.Add(Id).Wait(Sp, Ip).State = 'D';
        Assert.Empty(Copy().Skipped);
        Assert.Equal(Ip, Kept.Registers!.Value.Ip);
    }

    [Fact]
    public void ARefusalIsSaid()
    {
        _threads.Add(Id).Run(Sp, Ip).SeizeError = -Posix.EPERM;
        AssertSkipped(Copy(Long), SkipReason.Refused);
        Assert.Equal([$"seize {Id}"], _threads.Done);
    }

    /// <summary>None is stopped before all are ready to be, and they go on together.</summary>
    [Fact]
    public void ThreadsStopTogether()
    {
        _threads.Add(Id).Run(Sp, Ip).PollsBeforeStop = 5;
        _threads.Add(8).Run(Sp, Ip);
        _copier.Copy([new ThreadPlace(Id, Record, Bytes), new ThreadPlace(8, Record + 0x100, Bytes)], 1 << 20, Long);
        Assert.Equal(["seize 7", "seize 8", "interrupt 7", "interrupt 8"], _threads.Done[..4]);
        Assert.Equal(["release 7 with 0", "release 8 with 0"], _threads.Done[4..].Order());
    }

    /// <summary>One that does not stop costs its stack, and no other's.</summary>
    [Fact]
    public void OneThatDoesNotStopHoldsTheOthersForTheLimitOnly()
    {
        _threads.Add(Id).Run(Sp, Ip).NeverStops = true;
        _threads.Add(8).Run(Sp, Ip);
        ThreadStop stop = _copier.Copy([new ThreadPlace(Id, Record, Bytes), new ThreadPlace(8, Record + 0x100, Bytes)], 1 << 20, Short)!;
        Assert.Equal(["release 8 with 0"], _threads.Done.Where(static d => d.StartsWith("release", StringComparison.Ordinal)));
        Assert.Equal(SkipReason.NotInTime, stop.Skipped[Id]);
        Assert.True(stop.Length >= Short);
    }

    [Fact]
    public void AThreadThatBeginsMeanwhileIsNotWalked()
    {
        _threads.Add(Id).Wait(Sp, Ip);
        ThreadStop stop = Copy();
        _copier.LeaveOutOthers([new ThreadPlace(Id, Record, Bytes), new ThreadPlace(9, Record, Bytes)], stop);
        Assert.Equal((9, SkipReason.BeganOrEnded), (Assert.Single(stop.Skipped).Key, stop.Skipped[9]));
        Assert.NotNull(Kept.Registers);
        Assert.Null(_copier.Threads[9].Registers);
    }

    [Fact]
    public void ALimitOnBytesLeavesTheOuterFramesMissing()
    {
        _threads.Add(Id).Wait(Sp, Ip);
        _copier.Copy([new ThreadPlace(Id, Record, Bytes)], bytes: 16, Long);
        Assert.Equal(16, _copied.Read(Sp, new byte[64]));
        Assert.Equal(0, _copied.Read(Sp + 16, new byte[8]));
    }

    private static MemoryMap Map => MemoryMap.Parse([FormattableString.Invariant($"{Stack:x}-{Stack + 0x1000:x} rw-p 00000000 00:00 0")]);

    private StoppedThread Kept => _copier.Threads[Id];

    private ThreadStop Copy() => Copy(Long);

    private ThreadStop Copy(TimeSpan limit)
    {
        ThreadPlace[] places = [new(Id, Record, Bytes)];
        ThreadStop stop = _copier.Copy(places, 1 << 20, limit)!;
        _copier.LeaveOutOthers(places, stop);
        return stop;
    }

    private void AssertSkipped(ThreadStop stop, SkipReason reason)
    {
        Assert.Equal(reason, Assert.Single(stop.Skipped).Value);
        Assert.Null(Kept.Registers);
        Assert.Contains(ExternalNotes.Of([stop], isStill: false, ""), static n => n.StartsWith("The stack of one thread is missing: ", StringComparison.Ordinal));
    }

    private void Set(byte value)
    {
        foreach (ulong at in (ulong[])[Record, Sp - 8, Sp, Sp + 0x10, Sp + 0x20])
            _live.Write(at, value);
    }

    private int Read(ulong at)
    {
        byte[] one = new byte[1];
        Assert.Equal(1, _copied.Read(at, one));
        return one[0];
    }

    /// <summary>Answers when the thread goes on.</summary>
    private sealed class SlowMemory(IMemoryReader memory, ManualResetEventSlim released) : IMemoryReader
    {
        public bool WasReleasedFirst { get; private set; }

        public int Read(ulong address, Span<byte> buffer)
        {
            WasReleasedFirst = released.Wait(TimeSpan.FromMinutes(2));
            return memory.Read(address, buffer);
        }
    }

    private sealed class BrokenMemory : IMemoryReader
    {
        public int Read(ulong address, Span<byte> buffer) => throw new InsufficientMemoryException();
    }
}
