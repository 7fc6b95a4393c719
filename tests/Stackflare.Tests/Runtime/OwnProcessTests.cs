using System.Runtime.CompilerServices;
using Stackflare.Runtime;
using Stackflare.Runtime.Code;
using Stackflare.Runtime.Types;
using Stackflare.Snapshots;
using Stackflare.Symbols;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Runtime;

/// <summary>The process of the tests, read without the runtime's help, with all that a running process has.</summary>
public sealed class OwnProcessTests : IDisposable
{
    private readonly object _gate = new();
    private bool _isOver;
    private readonly Thread _parked;
    private readonly TaskCompletionSource<int> _id = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public OwnProcessTests()
    {
        _parked = new Thread(() => Park("an argument")) { Name = "parked for a walk", IsBackground = true };
        _parked.Start();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.Pulse(_gate);
        }
        _parked.Join();
    }

    /// <summary>No row of the table is out of date on the runtime that the tests run on.</summary>
    [Fact]
    public void TheWholeTableIsKnown()
    {
        using var own = new OwnProcess();
        var memory = new ProcessMemory(own);
        var layout = new RuntimeLayout(own.Descriptor(memory));
        Assert.All(typeof(RuntimeLayout).GetProperties().Where(p => p.PropertyType != typeof(string)), group => Assert.True(group.GetValue(layout) is not null, group.Name));
        // One kind of monitors is of another version.
        Assert.All(
            typeof(LockLayouts).GetProperties().Where(static p => p.Name is not (nameof(LockLayouts.NativeMonitors) or nameof(LockLayouts.ManagedMonitors))),
            group => Assert.True(group.GetValue(layout.Locks) is not null, group.Name));
        Assert.True(layout.Locks.NativeMonitors is not null || layout.Locks.ManagedMonitors is not null);
        Assert.Equal(Environment.Version.ToString(3), Open(own, memory).Version.ToString());
    }

    [Fact]
    public async Task AParkedThreadHasItsNameIdAndMethods()
    {
        int managed = await _id.Task;
        lock (_gate)
        {
            // The thread gives the lock back when it waits.
        }
        using var own = new OwnProcess();
        (Snapshot snapshot, SnapshotThread thread) = Find(own);
        Assert.Equal(managed, thread.ManagedId);
        Assert.Equal((true, false, StackCompleteness.Complete), (thread.IsBackground, thread.IsThreadPool, thread.Completeness));
        DumpFrame[] frames = new Symbolicator(SymbolOptions.ForTool).Resolve(snapshot);
        DumpFrame[] stack = [.. thread.Stack.ToArray().Select(i => frames[i])];
        Assert.Equal("System.Threading.Monitor", stack[0].Method.DeclaringType);
        DumpFrame place = Assert.Single(stack, static f => f.Method.Name == nameof(Park));
        Assert.Equal(("OwnProcessTests.cs", SymbolStatus.Found), (Path.GetFileName(place.Source!.Path), place.Symbols));
    }

    /// <summary>What a stack lacks is said: nothing is known of the registers of this process.</summary>
    [Fact]
    public void ThreadsWithoutRegistersAreSaid()
    {
        using var own = new OwnProcess();
        Assert.Single(Take(own).Notes, static n => n.Contains("registers are not known", StringComparison.Ordinal));
    }

    [Fact]
    public void AThreadBehindTheLimitWasNotWalked()
    {
        using var own = new OwnProcess();
        Snapshot snapshot = Open(own, new ProcessMemory(own)).Read(CodeSnapshot.Outside, Limits with { MaxFrames = 1 }, static () => ([], []));
        Assert.Contains(snapshot.Threads, static t => t.Completeness == StackCompleteness.Truncated);
        Assert.Equal(StackCompleteness.NotWalked, snapshot.Threads[^1].Completeness);
        Assert.Single(snapshot.Notes, static n => n.Contains("the limit on frames", StringComparison.Ordinal));
    }

    /// <summary>The list of blocks in an image: where it says that a filter begins, there is a part of its method.</summary>
    [Fact]
    public void FiltersOfCoreLibAreFound()
    {
        using var own = new OwnProcess();
        var memory = new ProcessMemory(own);
        var layout = new RuntimeLayout(own.Descriptor(memory));
        ulong module = CoreLib.Find(memory, layout), info = memory.Pointer(module + layout.Images!.Info), header = memory.Pointer(info + layout.Images.Header);
        Assert.NotNull(new ModuleImages(memory, layout).Of(module, out ulong loaded));
        ulong image = memory.Pointer(loaded + layout.Modules!.Base);
        ulong section = header + ReadyToRunLayout.Sections;
        while (memory.Read<uint>(section) != ReadyToRunLayout.ExceptionSection)
            section += ReadyToRunLayout.SectionBytes;
        ulong table = image + memory.Read<uint>(section + ReadyToRunLayout.SectionPlace);
        var code = new CodeMap(memory, layout.Code!, new ReadyToRunCode(memory, layout.Code!, layout.Images));
        int filters = 0, others = 0;
        // The last entry marks the end.
        uint count = (memory.Read<uint>(section + ReadyToRunLayout.SectionSize) / ReadyToRunLayout.ExceptionBytes) - 1;
        for (uint i = 0; i < Math.Min(count, 500); i++, table += ReadyToRunLayout.ExceptionBytes)
        {
            uint method = memory.Read<uint>(table), end = memory.Read<uint>(table + ReadyToRunLayout.ExceptionBytes + ReadyToRunLayout.ExceptionClauses);
            for (uint clause = memory.Read<uint>(table + ReadyToRunLayout.ExceptionClauses); clause < end; clause += ReadyToRunLayout.ClauseBytes)
            {
                // The place of a block's own code is the fourth word.
                uint place = memory.Read<uint>(image + clause + 12);
                bool hasFilter = (memory.Read<uint>(image + clause + ReadyToRunLayout.ClauseFlags) & CodeLayout.ClauseHasFilter) != 0;
                if (hasFilter)
                    place = memory.Read<uint>(image + clause + ReadyToRunLayout.ClauseFilter);
                CodeBlock? block = code.Find(image + method + place);
                if (block is null || block.Start != image + method)
                    continue; // not restored by the runtime yet
                Assert.Equal((image + method + place, hasFilter), (block.PartStart, block.IsFilter));
                _ = hasFilter ? filters++ : others++;
            }
        }
        Assert.NotEqual(0, others);
        Assert.InRange(filters, 0, others);
    }

    /// <summary>The collector moves names while they are read, and threads come and go.</summary>
    private static (Snapshot Snapshot, SnapshotThread Thread) Find(OwnProcess own)
    {
        for (int i = 0; ; i++)
        {
            Snapshot snapshot = Take(own);
            if (snapshot.Threads.FirstOrDefault(static t => t.Name == "parked for a walk") is { } thread)
                return (snapshot, thread);
            Assert.InRange(i, 0, 1000);
        }
    }

    /// <summary>Whatever the memory has in it: less is found, or an error of this library is raised.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(30)]
    [InlineData(500)]
    public void WrongBitsGiveLessAndNeverAForeignError(int interval)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            using var own = new OwnProcess(seed) { Interval = interval };
            var memory = new ProcessMemory(own);
            Effort effort = Effort.Begin();
            try
            {
                if (ElfImage.Open(memory, own.Runtime.Start)?.Export(ContractDescriptor.Symbol) is { } at and not 0 && ContractDescriptor.Read(memory, at) is { } descriptor)
                    RuntimeReader.Open(memory, descriptor, own.Runtime.Path, own.Images).Read(CodeSnapshot.Outside, Limits, static () => ([], []));
            }
            catch (StackflareException)
            {
            }
            Assert.InRange(effort.Used.TotalSeconds, 0, 20);
        }
    }

    private static DumpLimits Limits { get; } = new() { MaxThreads = 1000, MaxFramesPerThread = 1000, MaxFrames = 10_000, MaxSnapshotBytes = 1 << 20 };

    private static RuntimeReader Open(OwnProcess own, ProcessMemory memory) => RuntimeReader.Open(memory, own.Descriptor(memory), own.Runtime.Path, own.Images);

    private static Snapshot Take(OwnProcess own)
    {
        var memory = new ProcessMemory(own);
        return Open(own, memory).Read(CodeSnapshot.Outside, Limits, static () => (["a note"], []));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Park(string argument)
    {
        lock (_gate)
        {
            _id.SetResult(Environment.CurrentManagedThreadId);
            while (!_isOver)
                Monitor.Wait(_gate);
        }
        GC.KeepAlive(argument);
    }
}
