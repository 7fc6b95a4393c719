using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;
using static Stackflare.Targets.Shapes.Syntax.SyntaxForms;

namespace Stackflare.Targets.Shapes.Syntax;

/// <summary>Extension methods, and members of extension blocks.</summary>
internal static class Extensions
{
    private const string Here = "Stackflare.Targets.Shapes.Syntax.Extensions";

    public static void StartThreads(Host host)
    {
        Thread("classic", track => host.Classic(track));
        Thread("generic", track => host.Generic(track, 1));
        Thread("of null", track => ((string?)null).OfNull(host, track));
        Thread("block method", track => track.InBlock(host));
        Thread("block property", track => _ = new Tracked(host, track).Property);
        Thread("block static", track => Tracked.Static(host, track));
        Thread("block operator", track => _ = new Tracked(host, track) + 1);
        Thread("block generic", track => new List<int> { 1 }.InGenericBlock(host, track));

        void Thread(string name, Action<Track> use) => host.StartThread($"extension: {name}", track =>
        {
            use(track);
            GC.KeepAlive(use);
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void InExtension(this Host host, Track track)
    {
        Func<Track, int> lambda = here => 1 + Stop(host, here.Here(Here, "InExtension.lambda"));
        int value = lambda(track.Here(Here));
        GC.KeepAlive((value, lambda));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Classic(this Host host, Track track)
    {
        GC.KeepAlive(Stop(host, track.Here(Here)));
        GC.KeepAlive(track);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Generic<T>(this Host host, Track track, T value)
    {
        GC.KeepAlive(Stop(host, track.Here(Here)));
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OfNull(this string? text, Host host, Track track)
    {
        GC.KeepAlive(Stop(host, track.Here(Here)));
        GC.KeepAlive(text);
    }

    extension(Track track)
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void InBlock(Host host)
        {
            GC.KeepAlive(Stop(host, track.Here(Here)));
            GC.KeepAlive(track);
        }
    }

    extension(Tracked tracked)
    {
        private int Property
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            get => 1 + Stop(tracked.Host, tracked.Track.Here(Here, "Property.get"));
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Static(Host host, Track track)
        {
            GC.KeepAlive(Stop(host, track.Here(Here)));
            GC.KeepAlive(track);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public static Tracked operator +(Tracked one, int more)
        {
            GC.KeepAlive(Stop(one.Host, one.Track.Here(Here, "operator +")));
            GC.KeepAlive(more);
            return one;
        }
    }

    extension<T>(List<T> list)
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void InGenericBlock(Host host, Track track)
        {
            GC.KeepAlive(Stop(host, track.Here(Here)));
            GC.KeepAlive(list);
        }
    }

    internal sealed record Tracked(Host Host, Track Track);
}
