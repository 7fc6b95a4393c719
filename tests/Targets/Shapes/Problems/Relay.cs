using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// A healthy program at work: <c>--runners N</c>. Each works for some ten microseconds, lets another one run, and waits until it may run again. A third of
/// them runs at a time. (A SemaphoreSlim would spin before it waits.)
/// </summary>
internal sealed class Relay : Shape
{
    private const int Work = 50_000, Share = 3;

    private AutoResetEvent[] _turns = [];
    private long _sum;

    public override void Start(Host host)
    {
        int runners = host.Options.Number("--runners", 6);
        _turns = [.. Enumerable.Range(0, runners).Select(i => new AutoResetEvent(i % Share == 0))];
        for (var i = 0; i < runners; i++)
        {
            int runner = i;
            host.StartThread($"runner {i}", track => Run(host, track, runner));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Run(Host host, Track track, int runner)
    {
        host.Arrive(track.Here<Relay>(), inManagedCode: false);
        while (true)
        {
            _turns[runner].WaitOne();
            long sum = 0;
            for (var i = 0; i < Work; i++)
                sum = unchecked((sum * 31) + i);
            Volatile.Write(ref _sum, sum);
            _turns[(runner + 1) % _turns.Length].Set();
        }
    }
}
