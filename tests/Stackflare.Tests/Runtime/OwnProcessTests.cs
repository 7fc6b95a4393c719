using System.Runtime.CompilerServices;
using Stackflare.Runtime;
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
                    RuntimeReader.Open(memory, descriptor, own.Runtime.Path, own.Images).Read(CodeSnapshot.Host, new Dictionary<int, StoppedThread>(), default, Limits, static () => ([], []));
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
        return Open(own, memory).Read(CodeSnapshot.Host, new Dictionary<int, StoppedThread>(), default, Limits, static () => (["a note"], []));
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
