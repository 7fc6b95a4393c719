using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using Stackflare.Targets.Shapes.Problems;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// Locks that change hands as fast as they can, always taken in the same order, so that nobody ever waits in a cycle; and a thread that
/// allocates and collects meanwhile, so that they move. With <c>--beside</c>, a bank is deadlocked beside them.
/// </summary>
internal sealed class Handover : Shape
{
    private const int Contenders = 5;

    private readonly FirstGate _first = new();
    private readonly SecondGate _second = new();
#if NET9_0_OR_GREATER
    private readonly Lock _third = new();
#endif
    private long _turns;

    public override void Start(Host host)
    {
        if (host.Options.All("--beside").Any())
            new Bank().Start(host);
        for (var i = 0; i < Contenders; i++)
        {
            Action turn = i % 2 == 0 ? First : Second;
            host.StartThread($"contender {i}", track =>
            {
                host.Arrive(ThreadTruth.OfThisThread(track, "", null), inManagedCode: false);
                for (; ; )
                    turn();
            });
        }

        host.StartThread("collector", track =>
        {
            host.Arrive(ThreadTruth.OfThisThread(track, "", null), inManagedCode: false);
            for (; ; )
                Collect();
        });
        host.OnCommand("turns", _ => $"{Volatile.Read(ref _turns)}");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void First()
    {
        lock (_first)
            Second();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Second()
    {
        lock (_second)
        {
#if NET9_0_OR_GREATER
            lock (_third)
                _turns++;
#else
            _turns++;
#endif
            Thread.SpinWait(20);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Collect()
    {
        var garbage = new object[100];
        for (var i = 0; i < 20_000; i++)
            garbage[i % garbage.Length] = new byte[40];
        GC.Collect(0);
    }

    private sealed class FirstGate;

    private sealed class SecondGate;
}
