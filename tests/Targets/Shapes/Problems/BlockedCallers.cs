using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>Threads that are blocked until async methods complete, by all ways that lead through other tasks. Each is named like its way.</summary>
internal sealed class BlockedCallers : Shape
{
    public override void Start(Host host)
    {
        Start(host, "WhenAll", () => Task.WhenAll(OuterAsync(), OuterAsync()).Wait());
        Start(host, "WaitAll", () => Task.WaitAll(OuterAsync(), OuterAsync()));
        Start(host, "WhenAny", () => Task.WhenAny(OuterAsync(), OuterAsync()).Wait());
        Start(host, "WaitAny", () => Task.WaitAny(OuterAsync(), OuterAsync()));
        Start(host, "Run", () => Task.Run(async () => await OuterAsync()).Wait());
        Start(host, "Unwrap", () => Task.Factory.StartNew(OuterAsync, CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default).Unwrap().Wait());
        Start(host, "WaitAsync", () => OuterAsync().WaitAsync(TimeSpan.FromHours(1)).Wait());
        Start(host, "ContinueWith", () => OuterAsync().ContinueWith(static _ => { }, TaskScheduler.Default).Wait());
        Start(host, "ForEachAsync", () => LoopOverTwo().Wait());
        Start(host, "AwaitedLoop", () => AwaitLoopAsync().Wait());
        Start(host, "Source", () => new TaskCompletionSource().Task.Wait());
    }

    private static void Start(Host host, string name, Action action) => host.StartThread(name, track => Call(host, track, action));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Call(Host host, Track track, Action action)
    {
        host.Arrive(track.Next<BlockedCallers>(), inManagedCode: false);
        action();
        GC.KeepAlive(track);
    }

    private static Task LoopOverTwo() =>
        Parallel.ForEachAsync([1, 2], new ParallelOptions { MaxDegreeOfParallelism = 2 }, static async (_, _) => await OuterAsync());

    private static async Task<int> AwaitLoopAsync()
    {
        await LoopOverTwo();
        return 1;
    }

    private static async Task<int> OuterAsync() => await InnerAsync() + 1;

    private static async Task<int> InnerAsync()
    {
        await Task.Delay(Timeout.Infinite);
        return 1;
    }
}
