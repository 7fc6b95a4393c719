using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>Threads in the blocks that handle exceptions. Each has one frame of its method, at the line in the block.</summary>
internal sealed class Handlers
{
    public static void StartThreads(Host host)
    {
        host.StartThread("in a catch", track => InCatch(host, track));
        host.StartThread("in a finally", track => InFinally(host, track));
        host.StartThread("in a finally of an exception", track => InFinallyOfException(host, track));
        host.StartThread("in a catch in a catch", track => InCatchInCatch(host, track));
        host.StartThread("in a filter", track => InFilter(host, track));
        host.StartThread("after a catch", track => AfterCatch(host, track));
        host.StartThread("in a catch of a recursive method", track => Recursive(host, track, 3));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InCatch(Host host, Track track)
    {
        try
        {
            Throw();
        }
        catch (FormatException)
        {
            host.Park(track.Here<Handlers>());
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InFinally(Host host, Track track)
    {
        try
        {
            GC.KeepAlive(track);
        }
        finally
        {
            host.Park(track.Here<Handlers>());
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InFinallyOfException(Host host, Track track)
    {
        try
        {
            try
            {
                Throw();
            }
            finally
            {
                host.Park(track.Here<Handlers>());
            }
        }
        catch (FormatException)
        {
            GC.KeepAlive(track);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InCatchInCatch(Host host, Track track)
    {
        try
        {
            Throw();
        }
        catch (FormatException)
        {
            try
            {
                throw new InvalidOperationException();
            }
            catch (InvalidOperationException)
            {
                host.Park(track.Here<Handlers>());
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void InFilter(Host host, Track track)
    {
        try
        {
            ThrowTracked(track.Here<Handlers>());
        }
        catch (FormatException) when (Matches(host, track.Here<Handlers>()))
        {
            GC.KeepAlive(track);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AfterCatch(Host host, Track track)
    {
        try
        {
            Throw();
        }
        catch (FormatException)
        {
            GC.KeepAlive(track);
        }
        host.Park(track.Here<Handlers>());
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Recursive(Host host, Track track, int depth)
    {
        if (depth > 0)
        {
            Recursive(host, track.Here<Handlers>(), depth - 1);
            GC.KeepAlive(track);
            return;
        }
        try
        {
            Throw();
        }
        catch (FormatException)
        {
            host.Park(track.Here<Handlers>());
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Matches(Host host, Track track)
    {
        host.Park(track.Here<Handlers>());
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ThrowTracked(Track track)
    {
        track.Here<Handlers>(line: Line() + 1);
        throw new FormatException();
    }

    private static int Line([CallerLineNumber] int line = 0) => line;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Throw() => throw new FormatException();
}
