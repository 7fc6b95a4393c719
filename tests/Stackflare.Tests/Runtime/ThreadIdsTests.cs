using Stackflare.Runtime.Locks;
using Stackflare.Snapshots;

namespace Stackflare.Tests.Runtime;

/// <summary>Which thread an id belongs to, or that it has ended.</summary>
public sealed class ThreadIdsTests
{
    [Theory]
    [InlineData(2, 11, true, true)]
    [InlineData(2, 11, false, false)]
    [InlineData(null, 11, true, false)]
    [InlineData(0, 11, true, false)]
    [InlineData(2, 0, true, false)]
    public void AThreadHasEndedOnlyIfAllIdsAreKnown(int? managed, int kernel, bool areAll, bool isKnown)
    {
        WalkedThread[] threads = [Thread(1, 10), Thread(managed, kernel)];
        var ids = new ThreadIds(threads, areAll, new FakeMemory().Memory, FakeRuntime.Layout.Threads!);
        Assert.Equal((isKnown, isKnown), (ids.HasManagedEnded(7), ids.HasKernelEnded(70)));
        Assert.Equal((0, 0), (ids.OfManaged(1), ids.OfKernel(10)));
        Assert.False(ids.HasManagedEnded(1) || ids.HasKernelEnded(10) || ids.HasManagedEnded(0));
    }

    private static WalkedThread Thread(int? managed, int kernel) => new(0, new SnapshotThread { OsId = kernel, ManagedId = managed }, [], 0);
}
