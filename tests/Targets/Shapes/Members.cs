using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>Members that are called without a method's name: properties, indexers, events, operators, conversions.</summary>
internal sealed class Members
{
    private readonly Host _host;
    private readonly Track _track;

    // Not through the other constructor, which parks.
    private Members(Track track, Host host)
    {
        _host = host;
        _track = track;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public Members(Host host, Track track)
        : this(track, host)
    {
        host.Park(track.Here<Members>());
        GC.KeepAlive(this);
    }

    private event Action Happened
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        add
        {
            _host.Park(_track.Here<Members>("Happened.add"));
            GC.KeepAlive(value);
        }

        remove => GC.KeepAlive(value);
    }

    private int Value
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        get
        {
            _host.Park(_track.Here<Members>("Value.get"));
            return _track.GetHashCode();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        set
        {
            _host.Park(_track.Here<Members>("Value.set"));
            GC.KeepAlive(value);
        }
    }

    private int this[int index]
    {
        [MethodImpl(MethodImplOptions.NoInlining)]
        get
        {
            _host.Park(_track.Here<Members>("this.get"));
            return index;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Members operator +(Members left, Members right)
    {
        left._host.Park(left._track.Here<Members>("operator +"));
        return right;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static explicit operator int(Members members)
    {
        members._host.Park(members._track.Here<Members>("explicit operator"));
        return members.GetHashCode();
    }

    public static void StartThreads(Host host)
    {
        Thread("getter", m => _ = m.Value);
        Thread("setter", m => m.Value = 1);
        Thread("indexer", m => _ = m[1]);
        Thread("event", m => m.Happened += GC.Collect);
        Thread("operator", m => _ = m + m);
        Thread("conversion", m => _ = (int)m);

        void Thread(string name, Action<Members> use) => host.StartThread(name, track =>
        {
            use(new Members(track, host));
            GC.KeepAlive(use);
        });
    }
}
