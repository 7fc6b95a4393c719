using System.Reflection;
using Stackflare.Runtime;
using Stackflare.Snapshots;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Runtime;

/// <summary>A thread that has entered many reader-writer locks. A reader that is not found would be taken for one that has ended.</summary>
public sealed class OwnReaderTests : IDisposable
{
    private readonly ReaderWriterLockSlim[] _locks = [.. Enumerable.Range(0, 100).Select(static _ => new ReaderWriterLockSlim())];
    private readonly ManualResetEventSlim _hasEntered = new(), _isOver = new();
    private readonly Thread _reader;
    private readonly Thread[] _writers;

    public OwnReaderTests()
    {
        _reader = new Thread(Read) { IsBackground = true };
        _reader.Start();
        _hasEntered.Wait(TestContext.Current.CancellationToken);
        // The newest entry is the first in the thread's list.
        _writers = [.. Enumerable.Range(0, 2).Select(i => new Thread(() => Write(_locks[i])) { IsBackground = true })];
        foreach (Thread writer in _writers)
        {
            writer.Start();
            SpinWait.SpinUntil(() => writer.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        }
    }

    public void Dispose()
    {
        _isOver.Set();
        _reader.Join();
        foreach (Thread writer in _writers)
            writer.Join();
        foreach (ReaderWriterLockSlim known in _locks)
            known.Dispose();
        _isOver.Dispose();
        _hasEntered.Dispose();
    }

    [Fact]
    public void AReaderOfManyLocksIsFound()
    {
        using var own = new OwnProcess();
        Find(own, s => LocksOf(s) is { Length: 2 } locks && Array.TrueForAll(locks, o => IsRead(s, o)));
    }

    /// <summary>The id is all that says which lock a thread has entered.</summary>
    [Fact]
    public void AnIdOfTwoLocksIdentifiesNone()
    {
        FieldInfo id = typeof(ReaderWriterLockSlim).GetField("_lockID", BindingFlags.Instance | BindingFlags.NonPublic)!;
        object before = id.GetValue(_locks[1])!;
        id.SetValue(_locks[1], id.GetValue(_locks[0]));
        try
        {
            using var own = new OwnProcess();
            Snapshot snapshot = Find(own, s => LocksOf(s).Length == 2);
            Assert.DoesNotContain(LocksOf(snapshot), o => IsRead(snapshot, o));
            Assert.False(snapshot.AreLocksWhole);
        }
        finally
        {
            id.SetValue(_locks[1], before);
        }
    }

    /// <summary>The locks for which the writers wait.</summary>
    private int[] LocksOf(Snapshot snapshot) =>
        [.. snapshot.References
            .Where(r => snapshot.Objects[r.Object] is { Kind: SnapshotObjectKind.ReaderWriterLockSlim, Count: 1 } && Array.Exists(_writers, w => w.ManagedThreadId == snapshot.Threads[r.Thread].ManagedId))
            .Select(static r => r.Object).Distinct()];

    private bool IsRead(Snapshot snapshot, int index) =>
        Array.Exists(snapshot.References, r => r.Object == index && r.HoldsRead && snapshot.Threads[r.Thread].ManagedId == _reader.ManagedThreadId);

    /// <summary>The collector moves objects while they are read.</summary>
    private static Snapshot Find(OwnProcess own, Func<Snapshot, bool> condition)
    {
        for (int i = 0; ; i++)
        {
            Snapshot snapshot = RuntimeReader.Open(new ProcessMemory(own), own.Descriptor(new ProcessMemory(own)), own.Runtime.Path, own.Images)
                .Read(CodeSnapshot.Outside, DumpLimits.Default, static () => ([], []));
            if (condition(snapshot))
                return snapshot;
            Assert.InRange(i, 0, 300);
        }
    }

    private void Read()
    {
        foreach (ReaderWriterLockSlim known in _locks)
            known.EnterReadLock();
        _hasEntered.Set();
        _isOver.Wait();
        foreach (ReaderWriterLockSlim known in _locks)
            known.ExitReadLock();
    }

    private static void Write(ReaderWriterLockSlim known)
    {
        known.EnterWriteLock();
        known.ExitWriteLock();
    }
}
