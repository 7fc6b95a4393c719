using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stackflare.Runtime;
using Stackflare.Snapshots;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Runtime;

/// <summary>The locks of the process of the tests, read from outside, as they are and with forged memory.</summary>
public sealed class OwnLockTests : IDisposable
{
    /// <summary>Pinned, so that its address is known.</summary>
    private readonly byte[] _gate = GC.AllocateArray<byte>(1, pinned: true);
    private readonly ManualResetEventSlim _isTaken = new(), _isOver = new();
    private readonly Thread _owner, _waiter;

    public OwnLockTests()
    {
        _owner = new Thread(Own) { IsBackground = true };
        _waiter = new Thread(Enter) { IsBackground = true };
        _owner.Start();
        _isTaken.Wait(TestContext.Current.CancellationToken);
        _waiter.Start();
        SpinWait.SpinUntil(() => _waiter.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
    }

    private ulong Address => (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(_gate, 0) - 16;

    public void Dispose()
    {
        _isOver.Set();
        _owner.Join();
        _waiter.Join();
        _isOver.Dispose();
        _isTaken.Dispose();
    }

    [Fact]
    public void AMonitorHasItsOwnerAndItsWaiter()
    {
        using var own = new OwnProcess();
        Snapshot snapshot = Find(own, own, s => Array.Exists(s.Locks, l => l.Address == Address) && WaitOf(s, _waiter) is not null);
        SnapshotLock held = Assert.Single(snapshot.Locks, l => l.Address == Address);
        Assert.Equal((LockKind.Monitor, _owner.ManagedThreadId, 1, false, false), (held.Kind, snapshot.Threads[held.Owner!.Value].ManagedId, held.Recursion, held.IsGuess, held.IsAbandoned));
        SnapshotWait wait = WaitOf(snapshot, _waiter)!;
        Assert.Equal((SnapshotWaitKind.MonitorEnter, Address, Timeout.InfiniteTimeSpan), (wait.Kind, snapshot.Locks[wait.Lock!.Value].Address, wait.Timeout));
        Assert.Contains(snapshot.HeldLocks, h => snapshot.Locks[h.Lock].Address == Address && snapshot.Threads[h.Thread].ManagedId == _owner.ManagedThreadId);
        Assert.DoesNotContain(snapshot.Notes, static n => n.StartsWith("Locks", StringComparison.Ordinal));
    }

    /// <summary>What one thing says and another does not is not said: an id of another thread or of none, a sync block of another object, an object of another sync block.</summary>
    [Theory]
    [InlineData("managed id", true)]
    [InlineData("managed id", false)]
    [InlineData("kernel's id", true)]
    [InlineData("kernel's id", false)]
    [InlineData("index", false)]
    [InlineData("header", false)]
    public void AnOwnerThatIsNotProvenIsNotNamed(string what, bool isOfOther)
    {
        using var own = new OwnProcess();
        ulong header = Address - sizeof(uint), block = BlockOf(own, header);
        (ulong at, int value) = what switch
        {
            "managed id" => (block + NativeMonitorLayout.Holder, isOfOther ? _waiter.ManagedThreadId : 0xFFF0),
            "kernel's id" => (block + NativeMonitorLayout.HolderOsId, isOfOther ? Environment.ProcessId : 0x7FFF_FFF0),
            "index" => (block + NativeMonitorLayout.Index, 0x3FFF),
            _ => (header, 0x0800_3FFF),
        };
        var forged = new Forged(own, at, BitConverter.GetBytes(value));
        // It is not alone with its locks, so that the others show that the layout is right, or all are left out.
        for (int i = 0; i < 20; i++)
        {
            Snapshot snapshot = Take(own, forged);
            Assert.DoesNotContain(snapshot.Locks, l => l.Address == Address && l.Owner is not null);
            Assert.DoesNotContain(snapshot.HeldLocks, h => snapshot.Locks[h.Lock].Address == Address);
        }
    }

    /// <summary>The table goes on behind a block that is damaged, and what is missing is said.</summary>
    [Fact]
    public void ADamagedBlockDoesNotHideThoseBehindIt()
    {
        byte[] other = GC.AllocateArray<byte>(1, pinned: true);
        ulong otherAt = (ulong)Marshal.UnsafeAddrOfPinnedArrayElement(other, 0) - 16;
        // A lock of an object with a hash code needs a sync block.
        _ = RuntimeHelpers.GetHashCode(other);
        lock (other)
        {
            using var own = new OwnProcess();
            ulong first = BlockOf(own, Address - sizeof(uint), out uint firstIndex), second = BlockOf(own, otherAt - sizeof(uint), out uint secondIndex);
            (ulong damaged, ulong found) = firstIndex < secondIndex ? (first, otherAt) : (second, Address);
            var forged = new Forged(own, damaged + NativeMonitorLayout.Index, BitConverter.GetBytes(0x3FFF));
            Snapshot snapshot = Find(own, forged, s => Array.Exists(s.Locks, l => l.Address == found && !l.IsGuess));
            Assert.False(snapshot.AreLocksWhole);
            Assert.Contains(snapshot.Notes, static n => n.StartsWith("Some locks", StringComparison.Ordinal));
        }
        GC.KeepAlive(other);
    }

    /// <summary>The runtime does not clear its table: behind the last entry can be what the memory had before.</summary>
    [Fact]
    public void WhatIsBehindTheTableIsNotMissing()
    {
        using var own = new OwnProcess();
        // Other tests use the next entries.
        for (int i = 0; i < 1000; i++)
        {
            var memory = new ProcessMemory(own);
            SyncTableLayout layout = new RuntimeLayout(own.Descriptor(memory)).Locks.Table!;
            ulong at = memory.Pointer(layout.Entries) + layout.EntryBytes;
            while (memory.Pointer(at + layout.Block) != 0 || memory.Pointer(at + layout.Object) != 0)
                at += layout.EntryBytes;
            Snapshot snapshot = Take(own, new Forged(own, at, [.. Enumerable.Range(0, 8).SelectMany(static i => BitConverter.GetBytes(0x6d0L + (8 * i)))]));
            if (!Array.Exists(snapshot.Locks, l => l.Address == Address) || !snapshot.AreLocksWhole)
                continue;
            Assert.DoesNotContain(snapshot.Notes, static n => n.StartsWith("Some locks", StringComparison.Ordinal));
            return;
        }
        Assert.Fail("Locks are never whole.");
    }

    /// <summary>Two threads cannot have one id.</summary>
    [Fact]
    public void AnIdOfTwoThreadsIdentifiesNone()
    {
        using var own = new OwnProcess();
        var memory = new ProcessMemory(own);
        ThreadLayout layout = new RuntimeLayout(own.Descriptor(memory)).Threads!;
        ulong waiter = ThreadOf(memory, layout, _waiter.ManagedThreadId);
        var forged = new Forged(own, waiter + layout.Id, BitConverter.GetBytes(_owner.ManagedThreadId));
        Snapshot snapshot = Take(own, forged);
        Assert.Equal(2, snapshot.Threads.Count(t => t.ManagedId == _owner.ManagedThreadId));
        Assert.DoesNotContain(snapshot.Locks, l => l.Address == Address && l.Owner is not null);
    }

    /// <summary>References that lead anywhere, from some moment of the reading on: less is found, or an error of this library is raised, in bounded time.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(40)]
    public void WrongReferencesGiveLessAndNeverAForeignError(int interval)
    {
        using var own = new OwnProcess();
        for (int seed = 0; seed < 40; seed++)
        {
            Effort effort = Effort.Begin();
            try
            {
                Take(own, new Scrambled(own, seed, interval));
            }
            catch (StackflareException)
            {
            }
            Assert.InRange(effort.Used.TotalSeconds, 0, 20);
        }
    }

    private static SnapshotWait? WaitOf(Snapshot snapshot, Thread thread) => snapshot.Threads.FirstOrDefault(t => t.ManagedId == thread.ManagedThreadId)?.Wait;

    private static ulong BlockOf(OwnProcess own, ulong header) => BlockOf(own, header, out _);

    private static ulong BlockOf(OwnProcess own, ulong header, out uint index)
    {
        var memory = new ProcessMemory(own);
        SyncTableLayout layout = new RuntimeLayout(own.Descriptor(memory)).Locks.Table!;
        index = memory.Read<uint>(header) & 0x03FF_FFFF;
        return memory.Pointer(memory.Pointer(layout.Entries) + ((ulong)index * layout.EntryBytes) + layout.Block);
    }

    private static ulong ThreadOf(ProcessMemory memory, ThreadLayout layout, int managed)
    {
        ulong link = memory.Pointer(memory.Pointer(layout.Store) + layout.First);
        while (memory.Read<int>(link - layout.LinkTarget + layout.Id) != managed)
            link = memory.Pointer(link - layout.LinkTarget + layout.Link);
        return link - layout.LinkTarget;
    }

    /// <summary>The collector moves objects while they are read, and threads come and go.</summary>
    private static Snapshot Find(OwnProcess own, IMemoryReader memory, Func<Snapshot, bool> condition)
    {
        for (int i = 0; ; i++)
        {
            Snapshot snapshot = Take(own, memory);
            if (condition(snapshot))
                return snapshot;
            Assert.InRange(i, 0, 1000);
        }
    }

    private static Snapshot Take(OwnProcess own, IMemoryReader reader)
    {
        var memory = new ProcessMemory(reader);
        return RuntimeReader.Open(memory, own.Descriptor(new ProcessMemory(own)), own.Runtime.Path, own.Images)
            .Read(CodeSnapshot.Outside, DumpLimits.Default, static () => ([], []));
    }

    private void Own()
    {
        lock (_gate)
        {
            lock (_gate)
            {
                _isTaken.Set();
                _isOver.Wait();
            }
        }
    }

    private void Enter()
    {
        lock (_gate)
            GC.KeepAlive(_gate);
    }

    /// <summary>Memory of which a few bytes are others.</summary>
    private sealed class Forged(OwnProcess own, ulong at, byte[] bytes) : IMemoryReader
    {
        public int Read(ulong address, Span<byte> buffer)
        {
            int read = own.Read(address, buffer);
            for (int i = 0; i < bytes.Length; i++)
            {
                ulong place = at + (ulong)i - address;
                if (place < (ulong)read)
                    buffer[(int)place] = bytes[i];
            }
            return read;
        }
    }

    /// <summary>Memory of which some pages have words that refer to other places, to themselves or to nothing.</summary>
    private sealed class Scrambled(OwnProcess own, int seed, int interval) : IMemoryReader
    {
        private readonly Random _random = new(seed);
        private readonly List<ulong> _seen = [0];
        private int _intact = seed * 50;

        public int Read(ulong address, Span<byte> buffer)
        {
            int read = own.Read(address, buffer);
            _seen.Add(address);
            if (_intact-- > 0 || read < sizeof(ulong) || _random.Next(interval) != 0)
                return read;
            Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(buffer[..(read & ~7)]);
            for (int count = _random.Next(1, 64); count > 0; count--)
            {
                ulong other = _seen[_random.Next(_seen.Count)] + (ulong)(_random.Next(512) * 8);
                words[_random.Next(words.Length)] = _random.Next(4) switch { 0 => (ulong)_random.Next(3), 1 => ulong.MaxValue - (ulong)_random.Next(16), 2 => address + (ulong)(_random.Next(512) * 8), _ => other };
            }
            return read;
        }
    }
}
