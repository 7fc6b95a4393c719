using System.Text;
using Stackflare.Runtime;
using Stackflare.Runtime.Locks;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Runtime;

/// <summary>The sync blocks of .NET 11, in memory that a test makes up.</summary>
public sealed class ManagedMonitorsTests
{
    private const ulong Cache = 0x1000, CacheAt = 0x2000, TableAt = 0x3000, Entries = 0x4000, Block = 0x5000, Handle = 0x6000, Instance = 0x7008, Other = 0x8000;
    private const uint HasIndex = 0x0800_0000;

    private static readonly RuntimeLayout Layout = new(ContractDescriptor.Parse(Encoding.UTF8.GetBytes($$"""
        {"types":{"SyncTableEntry":{"!":16,"SyncBlock":0,"Object":8},"SyncBlock":{"Lock":8,"ThinLock":16},"SyncBlockCache":{"FreeSyncTableIndex":0} },
        "globals":{"SyncTableEntries":"0x{{TableAt:x}}","SyncBlockCache":"0x{{Cache:x}}","SyncBlockValueToObjectOffset":"0x4","SyncBlockIsHashOrSyncBlockIndex":"0x{{HasIndex:x}}",
        "SyncBlockMaskLockThreadId":"0xffff","SyncBlockRecursionLevelShift":"0x10"},"contracts":{"Object":"c1","SyncBlock":"c1"} }
        """))!);

    private readonly FakeMemory _memory = new() { HasPages = true };

    public ManagedMonitorsTests() =>
        _memory.Pointers(Cache, CacheAt).Write(CacheAt, 2u).Pointers(TableAt, Entries).Pointers(Entries + 16, Block, Instance).Pointers(Other, 0).Write(Instance - 4, HasIndex | 1);

    /// <summary>Any Lock of the program could be the one that is missing.</summary>
    [Fact]
    public void ABlockWhoseLockIsMissingIsDamage()
    {
        _memory.Pointers(Block + 8, Handle).Pointers(Handle, Other);
        using LockContext context = Read(out IMonitorReader monitors, out LockTable locks);
        Assert.True(context.LacksMemory);
        Assert.False(monitors.IsOwn(Other));
        Assert.Empty(locks.All);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void AnObjectThatHasAnotherBlockIsDamage(uint index, bool isOf)
    {
        _memory.Pointers(Block + 8, 0).Write(Block + 16, 5u).Write(Instance - 4, HasIndex | index);
        using LockContext context = Read(out _, out LockTable locks);
        Assert.Equal((!isOf, isOf ? 1 : 0), (context.LacksMemory, locks.All.Count));
    }

    private LockContext Read(out IMonitorReader monitors, out LockTable locks)
    {
        ProcessMemory memory = _memory.Memory;
        var snapshot = new SnapshotBuilder { Host = CodeSnapshot.Host };
        ThreadLayout threads = FakeRuntime.Layout.Threads!;
        var images = new ModuleImages(memory, FakeRuntime.Layout);
        var types = new TypeReader(memory, FakeRuntime.Layout, new ModuleReader(memory, FakeRuntime.Layout, images, snapshot, 0), snapshot);
        var context = new LockContext
        {
            Memory = memory,
            Layout = Layout.Locks,
            ThreadLayout = threads,
            CoreLib = null!,
            Core = new CoreLayouts(null, hasManagedMonitors: true),
            Types = types,
            Methods = null!,
            Images = images,
            Threads = [],
            Ids = new ThreadIds([], isComplete: true, memory, threads),
            Variables = null!,
            Open = static _ => null,
        };
        locks = new LockTable(context);
        monitors = new ManagedMonitors(context, new SyncTable(memory, Layout.Locks.Table!, Layout.Locks.Headers!), Layout.Locks.Headers!, locks, new LockObjects(context, locks));
        monitors.ReadAll();
        return context;
    }
}
