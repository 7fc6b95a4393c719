using Stackflare.Runtime;
using Stackflare.Runtime.Heap;
using Stackflare.Snapshots;
using Stackflare.Tests.Symbols;

namespace Stackflare.Tests.Runtime.Heap;

/// <summary>The heap of the tests' own process, with all that a running process has. It changes while it is read, which a core's does not.</summary>
public sealed class OwnHeapTests
{
    private static DumpLimits Limits { get; } = new() { MaxThreads = 1000, MaxFramesPerThread = 1000, MaxFrames = 10_000, MaxSnapshotBytes = 1 << 20, Timeout = TimeSpan.FromSeconds(2) };

    [Theory]
    [InlineData(2)]
    [InlineData(30)]
    [InlineData(500)]
    public void WrongBitsGiveLessAndNeverAForeignError(int interval)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            using var own = new OwnProcess(seed) { Interval = interval };
            Effort effort = Effort.Begin();
            try
            {
                Take(own);
            }
            catch (StackflareException)
            {
            }
            Assert.InRange(effort.Used.TotalSeconds, 0, 20);
        }
    }

    /// <summary>The collector of the process may be at work, so it is looked at until it is not.</summary>
    [Fact]
    public async Task AMethodThatWaitsIsFound()
    {
        var source = new TaskCompletionSource();
        Task waits = Wait(source.Task);
        using var own = new OwnProcess();
        for (int i = 0; ; i++)
        {
            if (Take(own) is { Heap: { } heap } snapshot && heap.Objects.Any(o => o.Traits.HasFlag(HeapObjectTraits.Method) && IsOwn(snapshot, o)))
                break;
            Assert.InRange(i, 0, 100);
        }
        source.SetResult();
        await waits;
    }

    private static bool IsOwn(Snapshot snapshot, HeapObject method) =>
        method.Type is { } type && snapshot.Types[type].Arguments is { IsEmpty: false } arguments && arguments.Span[^1] is { } machine
        && snapshot.Types[machine].Module is { } module && Path.GetFileName(snapshot.Modules[module].Path) == "Stackflare.Tests.dll";

    private static async Task Wait(Task task) => await task;

    private static Snapshot? Take(OwnProcess own)
    {
        var memory = new ProcessMemory(own);
        return ElfImage.Open(memory, own.Runtime.Start)?.Export(ContractDescriptor.Symbol) is { } at and not 0 && ContractDescriptor.Read(memory, at) is { } descriptor
            ? RuntimeReader.Open(memory, descriptor, own.Runtime.Path, own.Images).Read(CodeSnapshot.Outside, Limits, static () => ([], []), HeapBudget.For(AsyncStackMode.Auto, Limits))
            : null;
    }
}
