using System.Globalization;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// A pool that has done some work, whose workers are all blocked, and that has work in the queues of all and in those of its workers. It says what
/// it says of itself.
/// </summary>
internal sealed class PoolCounted : Shape
{
    private const int Done = 25, Queued = 5000, QueuedByEach = 3;

    /// <summary>The pool does not let itself have fewer than there are processors.</summary>
    private static readonly int Workers = Math.Max(4, Environment.ProcessorCount);

    /// <summary>A worker that found the queue of all empty would take from another worker's, and do that.</summary>
    private static readonly ManualResetEventSlim AllQueued = new();

    public override void Start(Host host)
    {
        host.OnCommand("pool", _ => Tell(null));
        host.OnCommand("own", _ => Tell(Flare.Capture().ThreadPool));
        ThreadPool.SetMinThreads(Workers, 1);
        ThreadPool.SetMaxThreads(Workers, 1);
        using (var done = new CountdownEvent(Done))
        {
            for (var i = 0; i < Done; i++)
                ThreadPool.QueueUserWorkItem(_ => done.Signal());
            done.Wait();
        }

        host.Expect(Workers);
        for (var i = 0; i < Workers + Queued; i++)
            ThreadPool.QueueUserWorkItem(_ => Block(host, new Track()));
        AllQueued.Set();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Block(Host host, Track track)
    {
        AllQueued.Wait();
        for (var i = 0; i < QueuedByEach; i++)
            ThreadPool.QueueUserWorkItem(static _ => { }, 0, preferLocal: true);
        host.Park(track.Here<PoolCounted>());
        GC.KeepAlive(track);
    }

    private static string Tell(ThreadPoolState? state)
    {
        if (state is null)
        {
            ThreadPool.GetMinThreads(out var min, out _);
            ThreadPool.GetMaxThreads(out var max, out _);
            state = new ThreadPoolState(ThreadPool.ThreadCount, null, min, max, ThreadPool.PendingWorkItemCount, ThreadPool.CompletedWorkItemCount);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{state.Workers} {state.Min} {state.Max} {state.Queued} {state.Completed}");
    }
}
