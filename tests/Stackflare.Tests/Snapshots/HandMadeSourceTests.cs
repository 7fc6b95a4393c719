using Stackflare.Building;
using Stackflare.Capture;
using Stackflare.Snapshots;
using Stackflare.Symbols;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Snapshots;

/// <summary>A source of snapshots that never saw a process: two threads that wait for each other's lock, made by hand.</summary>
public sealed class HandMadeSourceTests
{
    private static readonly int[] FirstFrame = [0];

    private static readonly DumpFormat[] Formats = Enum.GetValues<DumpFormat>();

    [Fact]
    public void ItsDumpIsWrittenInEveryFormat()
    {
        ThreadDump dump = Dump();
        Assert.Equal(["ping", "pong"], dump.Threads.Select(t => t.Name));
        Deadlock deadlock = Assert.Single(dump.Deadlocks);
        Assert.Equal(2, deadlock.Steps.Count);
        foreach (DumpFormat format in Formats)
        {
            using var writer = new StringWriter();
            Flare.Write(dump, writer, format);
            Assert.Contains(nameof(ItsDumpIsWrittenInEveryFormat), writer.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ItsNotesAreInTheDump() => Assert.Equal(["This source knows no thread pool."], Dump().Notes);

    [Fact]
    public void WhatIsNotThereIsRefused()
    {
        Fails("a frame's method", b => b.Add(new SnapshotFrame { Method = 0 }));
        Fails("a frame of a thread", b => b.Add(new SnapshotThread { OsId = 1, Stack = FirstFrame }));
        Fails("a lock's owner", b => b.Add(new SnapshotLock { Address = 1, Kind = LockKind.Monitor, Owner = 7 }));
        Fails("a lock that another thread owns", b =>
        {
            b.Add(new SnapshotThread { OsId = 1 });
            b.Add(new SnapshotLock { Address = 1, Kind = LockKind.Monitor });
            b.Add(new SnapshotHeldLock(0, 0, null));
        });
        Fails("a type's argument", b => b.Add(new SnapshotType { Arguments = new int?[] { 1 } }));
        // One that refers to what comes later is as good as any.
        var builder = new SnapshotBuilder { Host = CodeSnapshot.Host };
        builder.Add(new SnapshotType { Arguments = new int?[] { 1 } });
        builder.Add(new SnapshotType());
        Assert.Equal(2, builder.Build().Types.Length);
    }

    private static ThreadDump Dump() =>
        DumpBuilder.Build(new TwoThreads().Capture(CaptureOptions.Default, CancellationToken.None), new Symbolicator(new SymbolOptions()), ownThread: null);

    private static void Fails(string what, Action<SnapshotBuilder> add)
    {
        var builder = new SnapshotBuilder { Host = CodeSnapshot.Host };
        add(builder);
        Assert.Contains(what, Assert.Throws<InvalidOperationException>(builder.Build).Message, StringComparison.Ordinal);
    }

    private sealed class TwoThreads : ICaptureSource
    {
        public Snapshot Capture(CaptureOptions options, CancellationToken cancellationToken)
        {
            var builder = new SnapshotBuilder { Host = CodeSnapshot.Host, RuntimeVersion = new Version(10, 0, 1), Notes = ["This source knows no thread pool."] };
            System.Reflection.Module here = typeof(HandMadeSourceTests).Module, core = typeof(Monitor).Module;
            int monitor = builder.Add(new SnapshotMethod
            {
                Module = builder.Add(new SnapshotModule { Path = core.FullyQualifiedName, Mvid = core.ModuleVersionId }),
                Token = (uint)typeof(Monitor).GetMethod(nameof(Monitor.Enter), [typeof(object)])!.MetadataToken,
            });
            int test = builder.Add(new SnapshotMethod
            {
                Module = builder.Add(new SnapshotModule { Path = here.FullyQualifiedName, Mvid = here.ModuleVersionId }),
                Token = (uint)typeof(HandMadeSourceTests).GetMethod(nameof(ItsDumpIsWrittenInEveryFormat))!.MetadataToken,
            });
            int[] stack = [builder.Add(new SnapshotFrame { Method = monitor, ILOffset = 0, Address = 1 }), builder.Add(new SnapshotFrame { Method = test, ILOffset = 0, Address = 2 })];
            string[] names = ["ping", "pong"];
            for (int i = 0; i < names.Length; i++)
            {
                builder.Add(new SnapshotThread { OsId = 10 + i, ManagedId = 1 + i, Name = names[i], Stack = stack, Wait = new SnapshotWait(SnapshotWaitKind.MonitorEnter, 1 - i, null, Timeout.InfiniteTimeSpan) });
                builder.Add(new SnapshotLock { Address = 0x1000u + (ulong)i, Kind = LockKind.Monitor, Owner = i });
                builder.Add(new SnapshotHeldLock(i, i, null));
            }
            return builder.Build();
        }
    }
}
