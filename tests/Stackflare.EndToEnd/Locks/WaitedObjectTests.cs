using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots.Format;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Locks;

/// <summary>A snapshot has the objects that threads wait for, and what these say of themselves.</summary>
public sealed class WaitedObjectTests
{
    private static readonly string[] Proven =
        ["semaphore", "semaphore timeout", "other semaphore", "event slim", "task", "task result", "task awaiter", "countdown", "barrier"];

    private static readonly string[] WritersAndReaders = ["enter read", "enter write", "enter upgradeable", "write what is read"];

    [Theory]
    [InFlavours(Spread.Files, LooksAt.Locks)]
    public async Task EachThreadsObjectIsFound(string flavour)
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "Waits", TargetOptions.NoTrap);
        // A thread that is about to wait spins for a while, and one in a barrier wakes now and then.
        LockView view = await LockView.WhenAsync(
            target,
            v => Proven.All(t => Of(v, t).Any(o => o.IsProven))
                && WritersAndReaders.All(t => Of(v, t).Any(o => o.Record.Kind == ObjectRecordKind.ReaderWriterLockSlim)),
            "threads that wait");
        Assert.True(view.IsKnown && view.IsWhole);

        ObjectSeen semaphore = Waited("semaphore", ObjectRecordKind.SemaphoreSlim, isProven: true);
        Assert.Equal(semaphore.Record, Waited("semaphore timeout", ObjectRecordKind.SemaphoreSlim, isProven: true).Record);
        Assert.NotEqual(semaphore.Record.Address, Waited("other semaphore", ObjectRecordKind.SemaphoreSlim, isProven: true).Record.Address);
        Assert.Equal(("System.Threading.SemaphoreSlim", 0), (semaphore.Type, semaphore.Record.Count));
        Assert.Equal("System.Threading.ManualResetEventSlim", Waited("event slim", ObjectRecordKind.EventSlim, isProven: true).Type);

        ObjectSeen task = Waited("task", ObjectRecordKind.Task, isProven: true);
        Assert.StartsWith("System.Threading.Tasks.Task", task.Type, StringComparison.Ordinal);
        Assert.Equal(task.Record, Waited("task result", ObjectRecordKind.Task, isProven: true).Record);
        Assert.Equal(task.Record, Waited("task awaiter", ObjectRecordKind.Task, isProven: true).Record);

        // Fully optimized, WaitOne keeps the operating system's handle and a countdown its inner event, and not the object that these belong to.
        if (Flavour.Named(flavour).TieredCompilation)
        {
            // From .NET 11 on, the wait subsystem is managed code and knows what a thread waits for.
            bool isKnown = Flavour.Named(flavour).RuntimeMajor >= 11;
            Assert.Equal("System.Threading.AutoResetEvent", Waited("auto reset", ObjectRecordKind.WaitHandle, isKnown).Type);
            Assert.Equal("System.Threading.ManualResetEvent", Waited("manual reset", ObjectRecordKind.WaitHandle, isKnown).Type);
            Assert.Equal("System.Threading.Mutex", Waited("mutex", ObjectRecordKind.WaitHandle, isKnown).Type);
            ObjectSeen countdown = Waited("countdown", ObjectRecordKind.CountdownEvent, isProven: true);
            Assert.Equal(("System.Threading.CountdownEvent", 4), (countdown.Type, countdown.Record.Count));
        }

        Assert.Equal("System.Threading.Barrier", Waited("barrier", ObjectRecordKind.Barrier, isProven: true).Type);

        ObjectSeen written = Waited("enter read", ObjectRecordKind.ReaderWriterLockSlim, isProven: false);
        Assert.Equal((Id("writer"), null, 0), (written.Owner, written.Upgrader, written.Record.Count));
        Assert.Equal(written.Record, Waited("enter write", ObjectRecordKind.ReaderWriterLockSlim, isProven: false).Record);
        Assert.Equal(written.Record, Waited("enter upgradeable", ObjectRecordKind.ReaderWriterLockSlim, isProven: false).Record);
        ObjectSeen read = Waited("write what is read", ObjectRecordKind.ReaderWriterLockSlim, isProven: false);
        Assert.Equal((null, Id("upgrader"), 2), (read.Owner, read.Upgrader, read.Record.Count));
        ObjectSeen held = Assert.Single(view.Objects, o => o.Flags.HasFlag(ReferenceFlags.HoldsRead));
        Assert.Equal((Id("reader"), read.Record.Address), (held.Thread, held.Record.Address));

        // Where the whole of Join was compiled into its caller, there is no frame to look in; .NET 9 has none for Join with a timeout. From .NET 11 on
        // none is needed.
        string[] joins = Flavour.Named(flavour) switch
        {
            { RuntimeMajor: >= 11 } => ["join", "join timeout"],
            { TieredCompilation: false } => [],
            { RuntimeMajor: 9 } => ["join"],
            _ => ["join", "join timeout"],
        };
        Assert.Equal(
            joins.Select(j => ((int?)Id(j), (int?)Id("writer"))).Order(),
            view.Waits.Where(w => w.Kind == WaitRecordKind.Join).Select(w => ((int?)w.Thread, w.Other)).Order());

        int Id(string thread) => target.Truth.Named(thread).OsId;

        IEnumerable<ObjectSeen> Of(LockView v, string thread) => v.Objects.Where(o => o.Thread == Id(thread));

        ObjectSeen Waited(string thread, ObjectRecordKind kind, bool isProven)
        {
            ObjectSeen[] seen = [.. Of(view, thread).Where(o => o.Record.Kind == kind && o.IsProven == isProven)];
            Assert.Single(seen.Select(o => o.Record.Address).Distinct());
            return seen[0];
        }
    }

    [Fact]
    public async Task OfARuntimeThatDoesNotTellNothingIsSaid()
    {
        await using var target = await TargetProcess.StartAsync(Flavour.Net8, "Waits", TargetOptions.NoTrap);
        LockView view = LockView.Of(target)();
        Assert.Empty(view.Snapshot.Objects);
        Assert.Empty(view.Snapshot.References);
    }
}
