using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>A cycle of <c>--depots N</c>, with monitors and locks by turns: each lorry stands in one and wants into the next.</summary>
internal sealed class HaulageFirm : Shape
{
    public override void Start(Host host)
    {
        Depot[] depots = [.. Enumerable.Range(0, host.Options.Number("--depots", 2)).Select(i => i % 2 == 0 ? (Depot)new OldDepot() : new NewDepot())];
        var allLoading = new Barrier(depots.Length);
        for (var i = 0; i < depots.Length; i++)
        {
            var (from, to) = (depots[i], depots[(i + 1) % depots.Length]);
            host.StartThread($"lorry {i + 1}", track => from.Load(host, track, to, allLoading));
        }
    }
}
