using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>Threads that stand still while they handle an exception: in a catch block, a finally block, and a catch within a catch.</summary>
internal sealed class ExceptionInFlight : Shape
{
    public override void Start(Host host)
    {
        host.StartThread("catch", track => Catch(host, track));
        host.StartThread("finally", track => AroundFinally(host, track));
        host.StartThread("nested", track => Nested(host, track));
        host.StartThread("handled", track => Handled(host, track));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Catch(Host host, Track track)
    {
        try
        {
            Throw("one");
        }
        catch (InvalidOperationException e)
        {
            host.Park(track.Here<ExceptionInFlight>(), e);
        }

        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AroundFinally(Host host, Track track)
    {
        try
        {
            Finally(host, track.Here<ExceptionInFlight>());
        }
        catch (InvalidOperationException)
        {
            GC.KeepAlive(track);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Finally(Host host, Track track)
    {
        try
        {
            Throw("two");
        }
        finally
        {
            // Only the type counts: a finally block has no way to name the exception that passes through it.
            host.Park(track.Here<ExceptionInFlight>(), new InvalidOperationException());
            GC.KeepAlive(track);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Nested(Host host, Track track)
    {
        try
        {
            Throw("outer");
        }
        catch (InvalidOperationException e)
        {
            Inner(host, track.Here<ExceptionInFlight>(), e);
            GC.KeepAlive(track);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Inner(Host host, Track track, Exception cause)
    {
        try
        {
            throw new FormatException("inner", cause);
        }
        catch (FormatException e)
        {
            host.Park(track.Here<ExceptionInFlight>(), e);
            GC.KeepAlive(track);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Handled(Host host, Track track)
    {
        try
        {
            Throw("three");
        }
        catch (InvalidOperationException e)
        {
            GC.KeepAlive(e);
        }

        host.Park(track.Here<ExceptionInFlight>());
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw(string message) => throw new InvalidOperationException(message);
}
