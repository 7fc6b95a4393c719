using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>Async methods that hold their thread: before the first await, after it, in every form that C# gives them.</summary>
internal sealed class AsyncNames : Shape
{
    public override void Start(Host host)
    {
        host.StartThread("before await", track => Chain(host, track).GetAwaiter().GetResult());
        host.StartThread("async lambda", track => AsyncLambda(host, track));
        host.StartThread("async iterator", track => OverAsyncIterator(host, track).GetAwaiter().GetResult());
        host.StartThread("value task", track => Valued(host, track, "x").AsTask().GetAwaiter().GetResult());
        host.Expect(1);
        _ = AfterAwait(host, new Track());
    }

    private static async Task Chain(Host host, Track track)
    {
        await Link(host, track.Here<AsyncNames>());
        GC.KeepAlive(track);
    }

    private static async Task Link(Host host, Track track)
    {
        await Task.CompletedTask;
        host.Park(track.Here<AsyncNames>());
        await Task.Yield();
    }

    private static async Task AfterAwait(Host host, Track track)
    {
        await Task.Yield();
        host.Park(track.Here<AsyncNames>());
        await Task.Yield();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AsyncLambda(Host host, Track track)
    {
        var lambda = async () =>
        {
            host.Park(track.Here<AsyncNames>("AsyncLambda.lambda"));
            await Task.Yield();
        };
        track.Next<AsyncNames>();
        lambda().GetAwaiter().GetResult();
        GC.KeepAlive(lambda);
    }

    private static async Task OverAsyncIterator(Host host, Track track)
    {
        track.Next<AsyncNames>();
        await foreach (var item in AsyncIterator(host, track))
            GC.KeepAlive(item);
    }

    private static async IAsyncEnumerable<int> AsyncIterator(Host host, Track track)
    {
        host.Park(track.Here<AsyncNames>());
        await Task.Yield();
        yield return 1;
    }

    private static async ValueTask<T> Valued<T>(Host host, Track track, T value)
    {
        host.Park(track.Here<AsyncNames>());
        await Task.Yield();
        return value;
    }
}
