using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// Methods that have made another call before the one that does not return. Optimized code keeps the value of the first call, or moves the call to where
/// its value is used, so that the runtime gives the return address the line of another statement.
/// </summary>
internal sealed class CallingMethods
{
    private static readonly string[] Names = ["one"];

    public static void StartThreads(Host host)
    {
        host.StartThread("value kept", track => ValueKept(host, track));
        host.StartThread("two values kept", track => TwoValuesKept(host, track));
        host.StartThread("value used next", track => ValueUsedNext(host, track));
        host.StartThread("constant kept", track => ConstantKept(host, track));
        host.StartThread("value kept in a loop", track => ValueKeptInLoop(host, track));
        host.StartThread("value of a property used next", track => new Reader(host, track).Read());
        host.StartThread("value of an await kept", track => _ = ValueOfAwaitKept(host, track));
        host.StartThread("value of an await used", track => _ = ValueOfAwaitUsed(host, track));
        host.StartThread("delegate called", track => DelegateCalled(host, track, () => Park(host, track)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ValueKept(Host host, Track track)
    {
        var value = Load();
        Park(host, track.Here<CallingMethods>());
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TwoValuesKept(Host host, Track track)
    {
        var one = Load();
        var other = Load();
        Park(host, track.Here<CallingMethods>());
        GC.KeepAlive(string.Concat(one, other));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ValueUsedNext(Host host, Track track)
    {
        var value = Park(host, track.Here<CallingMethods>());
        Use(1, value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ConstantKept(Host host, Track track)
    {
        var number = 3;
        Park(host, track.Here<CallingMethods>());
        Use(number, "");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ValueKeptInLoop(Host host, Track track)
    {
        foreach (var name in Names)
        {
            var value = Load();
            if (name.Length > 0)
                Park(host, track.Here<CallingMethods>());
            GC.KeepAlive(value);
        }
    }

    private static async Task ValueOfAwaitKept(Host host, Track track)
    {
        var value = await LoadAsync();
        Park(host, track.Here<CallingMethods>());
        GC.KeepAlive(value);
    }

    private static async Task ValueOfAwaitUsed(Host host, Track track)
    {
        var value = await LoadAsync();

        var longer = value + "!";
        Use(Park(host, track.Here<CallingMethods>()).Length, longer);
        GC.KeepAlive(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DelegateCalled(Host host, Track track, Func<string> parks)
    {
        track.Here<CallingMethods>(line: Line() + 2);
        var value = Load();
        var parked = parks();
        Use(value.Length, parked);
        GC.KeepAlive(host);
    }

    private static int Line([CallerLineNumber] int line = 0) => line;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Park(Host host, Track track)
    {
        host.Park(track.Here<CallingMethods>());
        return host.ToString()!;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Load() => Environment.NewLine;

    private static Task<string> LoadAsync() => Task.FromResult(Load());

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Use(int number, string text) => GC.KeepAlive((number, text));

    private sealed class Reader(Host host, Track track)
    {
        private string Value
        {
            [MethodImpl(MethodImplOptions.NoInlining)]
            get
            {
                var parked = Park(host, track.Here<Reader>("Value.get"));
                return parked + "!";
            }
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Read()
        {
            track.Here<Reader>(line: Line() + 1);
            var value = Value;
            Use(1, value);
        }
    }
}
