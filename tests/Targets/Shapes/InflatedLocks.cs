using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// Monitors that the runtime keeps in another way than at first: whose object has a hash code, or whose waiter was pulsed. The program has so many
/// variables of threads that the runtime's own, made later, are not where they would be otherwise.
/// </summary>
internal sealed class InflatedLocks : Shape
{
    private readonly HashedGate _hashed = new();
    private readonly HashedBeforeGate _hashedBefore = new();
    private readonly PulsedGate _pulsed = new();
    private int _held;
    private bool _waits;

    public override void Start(Host host)
    {
        Variables.Touch();
        host.StartThread("hashes", track => HoldAndHash(host, track));
        host.StartThread("hashes before", track => HashAndHold(host, track));
        host.StartThread("pulsed", track => WaitForPulse(host, track));
        host.StartThread("pulses", track => Pulse(host, track));
        SpinWait.SpinUntil(() => Volatile.Read(ref _held) == 3);
        host.StartThread("enter", track => Enter(host, track));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HoldAndHash(Host host, Track track)
    {
        lock (_hashed)
        {
            lock (_hashed)
            {
                _ = RuntimeHelpers.GetHashCode(_hashed);
                Interlocked.Increment(ref _held);
                host.Park(track.Here<InflatedLocks>());
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HashAndHold(Host host, Track track)
    {
        _ = RuntimeHelpers.GetHashCode(_hashedBefore);
        lock (_hashedBefore)
        {
            Interlocked.Increment(ref _held);
            host.Park(track.Here<InflatedLocks>());
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WaitForPulse(Host host, Track track)
    {
        lock (_pulsed)
        {
            Volatile.Write(ref _waits, true);
            host.Arrive(track.Next<InflatedLocks>());
            Monitor.Wait(_pulsed);
        }

        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Pulse(Host host, Track track)
    {
        SpinWait.SpinUntil(() => Volatile.Read(ref _waits));
        lock (_pulsed)
        {
            Monitor.Pulse(_pulsed);
            Interlocked.Increment(ref _held);
            host.Park(track.Here<InflatedLocks>());
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Enter(Host host, Track track)
    {
        host.Arrive(track.Next<InflatedLocks>());
        lock (_hashedBefore)
            GC.KeepAlive(track);
    }

    private sealed class HashedGate;

    private sealed class HashedBeforeGate;

    private sealed class PulsedGate;

    /// <summary>More than the runtime has room for where each thread finds its variables without a step between.</summary>
    [SuppressMessage("Performance", "CA1823", Justification = "That they are there is what they are for.")]
    private static class Variables
    {
        public static void Touch() => A.Value = B.Value = C.Value = D.Value = E.Value = F.Value = G.Value = H.Value = Environment.TickCount64;

        private static class A
        {
            [ThreadStatic]
            public static long Value;
        }

        private static class B
        {
            [ThreadStatic]
            public static long Value;
        }

        private static class C
        {
            [ThreadStatic]
            public static long Value;
        }

        private static class D
        {
            [ThreadStatic]
            public static long Value;
        }

        private static class E
        {
            [ThreadStatic]
            public static long Value;
        }

        private static class F
        {
            [ThreadStatic]
            public static long Value;
        }

        private static class G
        {
            [ThreadStatic]
            public static long Value;
        }

        private static class H
        {
            [ThreadStatic]
            public static long Value;
        }
    }
}
