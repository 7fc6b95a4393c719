using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// A catalogue that many may read and one may change, and prices with a lock of their own, taken in both orders: as <c>--order writer</c>, a
/// change waits for a reader; as <c>upgrade</c>, somebody who looked first; as <c>look</c>, somebody who wants to look waits for one who does.
/// </summary>
internal sealed class Catalogue : Shape
{
    private readonly ReaderWriterLockSlim _articles = new();
    private readonly object _prices = new();
    private readonly Barrier _bothHeld = new(2);

    public override void Start(Host host)
    {
        var order = host.Options.Get("--order", "writer");
        host.StartThread("shop window", order == "look" ? track => LookAndPrice(host, track) : track => ReadAndPrice(host, track));
        host.StartThread("supplier", order switch
        {
            "look" => track => PriceAndLook(host, track),
            "upgrade" => track => PriceAndUpgrade(host, track),
            _ => track => PriceAndWrite(host, track),
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReadAndPrice(Host host, Track track)
    {
        _articles.EnterReadLock();
        try
        {
            _bothHeld.SignalAndWait();
            host.Arrive(track.Next<Catalogue>().Took(_articles).Wants(_prices));
            lock (_prices)
                GC.KeepAlive(track);
        }
        finally
        {
            _articles.ExitReadLock();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LookAndPrice(Host host, Track track)
    {
        _articles.EnterUpgradeableReadLock();
        try
        {
            _bothHeld.SignalAndWait();
            host.Arrive(track.Next<Catalogue>().Took(_articles).Wants(_prices));
            lock (_prices)
                GC.KeepAlive(track);
        }
        finally
        {
            _articles.ExitUpgradeableReadLock();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PriceAndWrite(Host host, Track track)
    {
        lock (_prices)
        {
            _bothHeld.SignalAndWait();
            host.Arrive(track.Next<Catalogue>().Took(_prices).Wants(_articles));
            _articles.EnterWriteLock();
            _articles.ExitWriteLock();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PriceAndLook(Host host, Track track)
    {
        lock (_prices)
        {
            _bothHeld.SignalAndWait();
            host.Arrive(track.Next<Catalogue>().Took(_prices).Wants(_articles));
            _articles.EnterUpgradeableReadLock();
            _articles.ExitUpgradeableReadLock();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PriceAndUpgrade(Host host, Track track)
    {
        lock (_prices)
        {
            _articles.EnterUpgradeableReadLock();
            try
            {
                _bothHeld.SignalAndWait();
                host.Arrive(track.Next<Catalogue>().Took(_prices, _articles).Wants(_articles));
                _articles.EnterWriteLock();
                _articles.ExitWriteLock();
            }
            finally
            {
                _articles.ExitUpgradeableReadLock();
            }
        }
    }
}
