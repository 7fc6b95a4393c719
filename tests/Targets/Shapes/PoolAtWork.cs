using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>A pool that never has nothing to do: so many work items, each of which queues itself again, here or there, and leaves garbage behind.</summary>
internal sealed class PoolAtWork : Shape
{
    private const int Items = 2000, Garbage = 512;

    private static byte[]? _last;

    public override void Start(Host host)
    {
        for (var i = 0; i < Items; i++)
            ThreadPool.QueueUserWorkItem(Step, i, preferLocal: false);
    }

    private static void Step(int i)
    {
        Volatile.Write(ref _last, new byte[Garbage]);
        ThreadPool.QueueUserWorkItem(Step, i + 1, preferLocal: i % 3 == 0);
    }
}
