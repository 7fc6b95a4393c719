using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// On <c>measure</c>, a thread makes a native call that the runtime was promised to be short, and that takes <c>--seconds N</c>; another wants to
/// collect garbage, for which all threads have to come to a stop.
/// </summary>
internal sealed class Thermometer : Shape
{
    private readonly ManualResetEventSlim _begin = new(initialState: false, spinCount: 0);
    private int _seconds, _isMeasured;

    public override void Start(Host host)
    {
        _seconds = host.Options.Number("--seconds", 3);
        host.StartThread("reader", track => Read(host, track));
        host.StartThread("tidy", track => Tidy(host, track));
        host.OnCommand("measure", _ =>
        {
            _begin.Set();
            return "begun";
        });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Read(Host host, Track track)
    {
        host.Arrive(track.Here<Thermometer>());
        _begin.Wait();
        Libc.WaitWithoutTransition(_seconds);
        Volatile.Write(ref _isMeasured, 1);
        host.Say("MEASURED");
        Parking.Wait();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Tidy(Host host, Track track)
    {
        host.Arrive(track.Here<Thermometer>());
        _begin.Wait();
        // One of these comes upon the call.
        while (Volatile.Read(ref _isMeasured) == 0)
            GC.Collect();
        host.Say("TIDY");
        Parking.Wait();
    }
}
