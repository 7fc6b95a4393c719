using Stackflare.Capture;
using Stackflare.EndToEnd.Harness;
using Stackflare.Snapshots;
using Stackflare.Snapshots.Format;
using Stackflare.Symbols;
using TargetProcess = Stackflare.EndToEnd.Harness.TargetProcess;

namespace Stackflare.EndToEnd.Locks;

/// <summary>The locks of one snapshot, with names for what it has indexes for. Threads are named by their kernel's ids.</summary>
internal sealed class LockView
{
    private static readonly byte[] Probe = File.ReadAllBytes(TestPaths.Probe);

    private LockView(RawSnapshot snapshot, ThreadDump dump, Func<uint, string?> typeName)
    {
        Dump = dump;
        Snapshot = snapshot;
        Locks = [.. snapshot.Locks.Select(l => new LockSeen(l, typeName(l.Type), Thread(l.Owner)))];
        Objects =
        [
            .. from reference in snapshot.References
               let record = snapshot.Objects[reference.Object]
               select new ObjectSeen(
                   record, typeName(record.Type), Thread(record.Owner), Thread(record.Upgrader), Thread(reference.Thread)!.Value, reference.Flags),
        ];
        Waits = [.. snapshot.Waits.Select(w => new WaitSeen(
            Thread(w.Thread)!.Value, w.Kind, w.Lock == SnapshotConstants.None ? null : Locks[(int)w.Lock], Thread(w.OtherThread), w.TimeoutMs))];
    }

    public IReadOnlyList<ObjectSeen> Objects { get; }

    public RawSnapshot Snapshot { get; }

    /// <summary>What is made of it.</summary>
    public ThreadDump Dump { get; }

    public IReadOnlyList<LockSeen> Locks { get; }

    public IReadOnlyList<WaitSeen> Waits { get; }

    public bool IsKnown => Snapshot.Info.Flags.HasFlag(InfoFlags.Locks);

    public bool IsWhole => !Snapshot.Info.Flags.HasFlag(InfoFlags.LocksTruncated);

    public static Func<LockView> Of(TargetProcess target)
    {
        CaptureOptions options = new CaptureOptions().WithPatience();
        var capture = new ProcessCapture(Processes.TargetProcess.Inspect(target.Pid), _ => Probe, options, []);
        var symbolicator = new Symbolicator(new SymbolOptions { SingleFilePath = Processes.TargetProcess.Inspect(target.Pid).ExecutablePath });
        return () =>
        {
            RawSnapshot records = capture.Source.TakeRecords(options, TestContext.Current.CancellationToken);
            Snapshot snapshot = SnapshotDecoder.Decode(records, ProcessFacts.Inspect(target.Pid, new Processes.KernelTasks(target.Pid)), []);
            return new LockView(records, capture.Symbolicate(snapshot), type => type == SnapshotConstants.None ? null : symbolicator.TypeName(snapshot, (int)type));
        };
    }

    /// <summary>Looks until so many threads wait for what the test names: they said that they would right before.</summary>
    public static Task<LockView> WithWaitersAsync(TargetProcess target, int waiters, Func<WaitSeen, bool> which) =>
        WhenAsync(target, v => v.Waits.Count(which) >= waiters, $"{waiters} threads that wait");

    /// <summary>Looks until what the test names is seen.</summary>
    public static async Task<LockView> WhenAsync(TargetProcess target, Func<LockView, bool> isSo, string what)
    {
        Func<LockView> take = Of(target);
        LockView view = take();
        await Poll.UntilAsync(() => isSo(view = take()), what, target.Describe);
        return view;
    }

    public LockSeen Named(string type) => Assert.Single(Locks, l => l.Type?.EndsWith(type, StringComparison.Ordinal) == true);

    public WaitSeen WaitOf(TruthThread thread) => Assert.Single(Waits, w => w.Thread == thread.OsId);

    /// <summary>The methods of the frames that a lock's owner has for it.</summary>
    public IReadOnlyList<string> MethodsThatRefer(LockSeen seen)
    {
        HeldRecord[] held = [.. Snapshot.Held.Where(h => Snapshot.Locks[h.Lock].Object == seen.Object)];
        Assert.All(held, h => Assert.Equal(seen.Owner, (int)Snapshot.Threads[h.Thread].OsId));
        Assert.All(held, h => Assert.Equal(held.Length > 1, h.Flags.HasFlag(HeldFlags.Ambiguous)));
        return [.. held.Where(h => h.Frame != SnapshotConstants.None).Select(h => Dump.Threads.Single(t => t.OsId.Value == seen.Owner).Frames[(int)h.Frame].Method.Name)];
    }

    private int? Thread(uint index) => index == SnapshotConstants.None ? null : (int)Snapshot.Threads[index].OsId;
}
