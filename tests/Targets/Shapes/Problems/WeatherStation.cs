using System.Globalization;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// On <c>measure</c>, the thread "sensor" makes a native call that the runtime was promised to be short: <c>--call read</c> and <c>semaphore</c> wait until
/// <c>release</c>, <c>search</c> computes for ever. The runtime cannot stop it meanwhile. Another thread ticks: <c>ticks</c> says how often, so far.
/// </summary>
internal sealed class WeatherStation : Shape
{
    private readonly ManualResetEventSlim _begin = new(initialState: false, spinCount: 0);
    private readonly (int Reader, int Writer) _pipe = CooperativeCalls.Pipe();
    private readonly nint _semaphore = CooperativeCalls.Semaphore();
    private long _ticks;
    private string _call = "";

    public override void Start(Host host)
    {
        _call = host.Options.Get("--call", "read");
        host.StartThread("sensor", track => Measure(host, track));
        host.StartThread("clock", track => Tick(host, track));
        host.OnCommand("measure", _ =>
        {
            _begin.Set();
            return "begun";
        });
        host.OnCommand("release", _ =>
        {
            CooperativeCalls.WriteByte(_pipe.Writer);
            CooperativeCalls.Release(_semaphore);
            return "released";
        });
        host.OnCommand("ticks", _ => Volatile.Read(ref _ticks).ToString(CultureInfo.InvariantCulture));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Measure(Host host, Track track)
    {
        host.Arrive(track.Here<WeatherStation>());
        _begin.Wait();
        var result = _call switch
        {
            "semaphore" => CooperativeCalls.WaitFor(_semaphore),
            "search" => (int)CooperativeCalls.SearchForEver(),
            _ => CooperativeCalls.ReadByte(_pipe.Reader),
        };
        host.Say($"MEASURED {result}");
        Parking.Wait();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Tick(Host host, Track track)
    {
        host.Arrive(track.Here<WeatherStation>(), inManagedCode: false);
        for (; ; Volatile.Write(ref _ticks, _ticks + 1))
            Thread.Sleep(5);
    }
}
