using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>Two offices exchange tickets, each asking the other to; all that an office does is synchronized.</summary>
internal sealed class TicketOffice : Shape
{
    private readonly Barrier _bothBusy = new(2);

    public override void Start(Host host)
    {
        var (north, south) = (new Office(_bothBusy), new Office(_bothBusy));
        host.StartThread("north", track => north.Exchange(host, track, south));
        host.StartThread("south", track => south.Exchange(host, track, north));
    }

    private sealed class Office(Barrier bothBusy)
    {
        private int _tickets = 100;

        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.Synchronized)]
        public void Exchange(Host host, Track track, Office other)
        {
            bothBusy.SignalAndWait();
            host.Arrive(track.Next<Office>().Took(this).Wants(other));
            _tickets += other.Give();
        }

        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.Synchronized)]
        private int Give() => --_tickets;
    }
}
