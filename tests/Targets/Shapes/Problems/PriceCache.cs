using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// A cache in <c>--regions N</c>, each with a <see cref="Lock"/> of its own. Entries are moved on from each region to the next, all at once.
/// </summary>
internal sealed class PriceCache : Shape
{
    public override void Start(Host host)
    {
        Lock[] regions = [.. Enumerable.Range(0, host.Options.Number("--regions", 2)).Select(_ => new Lock())];
        var allLocked = new Barrier(regions.Length);
        for (var i = 0; i < regions.Length; i++)
        {
            var (from, to) = (regions[i], regions[(i + 1) % regions.Length]);
            host.StartThread($"mover {i + 1}", track => MoveOn(host, track, from, to, allLocked));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MoveOn(Host host, Track track, Lock from, Lock to, Barrier allLocked)
    {
        lock (from)
        {
            allLocked.SignalAndWait();
            Store(host, track.Here<PriceCache>().Took(from), to);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Store(Host host, Track track, Lock region)
    {
        // The compiler gives the entering of a Lock no line of its own: it belongs to the statement before.
        host.Arrive(track.Here<PriceCache>().Wants(region));
        lock (region)
            GC.KeepAlive(track);
    }
}
