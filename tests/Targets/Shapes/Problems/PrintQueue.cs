using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>It waits for its printing thread to end while it holds what that thread needs to see that it should.</summary>
internal sealed class PrintQueue : Shape
{
    private readonly Queue<string> _jobs = new();
    private readonly Barrier _stopping = new(2);
    private Thread? _printer;

    public override void Start(Host host)
    {
        host.StartThread("printer", track => Print(host, track));
        SpinWait.SpinUntil(() => Volatile.Read(ref _printer) is not null);
        host.StartThread("stop", track => Stop(host, track));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Print(Host host, Track track)
    {
        Volatile.Write(ref _printer, Thread.CurrentThread);
        _stopping.SignalAndWait();
        host.Arrive(track.Next<PrintQueue>().Wants(_jobs));
        lock (_jobs)
            _jobs.Clear();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Stop(Host host, Track track)
    {
        lock (_jobs)
        {
            _stopping.SignalAndWait();
            host.Arrive(track.Next<PrintQueue>().Took(_jobs).Wants(_printer!));
            _printer!.Join();
        }
    }
}
