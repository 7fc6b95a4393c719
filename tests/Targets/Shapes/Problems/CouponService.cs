using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// One redeems a coupon and holds the lock of all of them meanwhile, for <c>--customers N</c> who want to redeem theirs. The partner's service
/// does not answer: <c>--partner managed</c> is asked by managed code, <c>--partner native</c> by a native library.
/// </summary>
internal sealed class CouponService : Shape
{
    private readonly HashSet<int> _coupons = [];
    private int _asked;

    public override void Start(Host host)
    {
        var isNative = host.Options.Get("--partner", "managed") == "native";
        host.StartThread("first customer", isNative ? track => RedeemNatively(host, track) : track => Redeem(host, track));
        SpinWait.SpinUntil(() => Volatile.Read(ref _asked) == 1);
        for (var i = 0; i < host.Options.Number("--customers", 50); i++)
        {
            var coupon = i;
            host.StartThread($"customer {coupon}", track => Check(host, track, coupon));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Redeem(Host host, Track track)
    {
        lock (_coupons)
            AskPartner(host, track.Here<CouponService>().Took(_coupons));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RedeemNatively(Host host, Track track)
    {
        lock (_coupons)
            AskPartnerNatively(host, track.Here<CouponService>().Took(_coupons));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AskPartner(Host host, Track track)
    {
        Volatile.Write(ref _asked, 1);
        host.Arrive(track.Next<CouponService>());
        Thread.Sleep(Timeout.Infinite);
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AskPartnerNatively(Host host, Track track)
    {
        Volatile.Write(ref _asked, 1);
        host.Arrive(track.Next<CouponService>(), inManagedCode: false);
        Libc.ReadForever();
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Check(Host host, Track track, int coupon)
    {
        host.Arrive(track.Next<CouponService>().Wants(_coupons));
        lock (_coupons)
            _coupons.Add(coupon);
    }
}
