using System.Globalization;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// What grows when the test says so. All threads that the pool may have are blocked: <c>queue N</c> queues N more work items. <c>wait N</c> calls N more async methods that wait.
/// </summary>
internal sealed class Rising : Shape
{
    private readonly TaskCompletionSource _never = new();
    private readonly List<Task> _waiting = [];

    public override void Start(Host host)
    {
        // The pool does not accept fewer than there are processors.
        int workers = Environment.ProcessorCount;
        ThreadPool.SetMinThreads(workers, 1);
        ThreadPool.SetMaxThreads(workers, 1);
        host.OnCommand("queue", count =>
        {
            for (int i = int.Parse(count, CultureInfo.InvariantCulture); i > 0; i--)
                ThreadPool.QueueUserWorkItem(static _ => { });
            return "queued";
        });
        host.OnCommand("wait", count =>
        {
            for (int i = int.Parse(count, CultureInfo.InvariantCulture); i > 0; i--)
                _waiting.Add(WaitForAll());
            return "waiting";
        });
        host.Expect(workers);
        for (int i = 0; i < workers; i++)
            ThreadPool.QueueUserWorkItem(_ => Block(host, new Track()));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Block(Host host, Track track)
    {
        host.Park(track.Here<Rising>());
        GC.KeepAlive(track);
    }

    private async Task WaitForAll() => await _never.Task;
}
