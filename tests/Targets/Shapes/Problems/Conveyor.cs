using System.Globalization;
using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>
/// The thread "packer" takes bytes out of a pipe by native calls that the runtime was promised to be short; "loader" puts one in from time to time. Whoever
/// stops the loader keeps the packer in its call, where it cannot be stopped. <c>figures</c> says how many bytes came, and how often the call failed.
/// </summary>
internal sealed class Conveyor : Shape
{
    private readonly (int Reader, int Writer) _pipe = CooperativeCalls.Pipe();
    private long _packed, _failed;

    public override void Start(Host host)
    {
        host.StartThread("packer", track => Pack(host, track));
        host.StartThread("loader", track => Load(host, track));
        host.OnCommand("figures", _ => string.Create(CultureInfo.InvariantCulture, $"{Volatile.Read(ref _packed)} {Volatile.Read(ref _failed)}"));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Pack(Host host, Track track)
    {
        host.Arrive(track.Here<Conveyor>(), inManagedCode: false);
        while (true)
        {
            if (CooperativeCalls.ReadByte(_pipe.Reader) == 1)
                Volatile.Write(ref _packed, _packed + 1);
            else
                Volatile.Write(ref _failed, _failed + 1);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Load(Host host, Track track)
    {
        host.Arrive(track.Here<Conveyor>(), inManagedCode: false);
        while (true)
        {
            Thread.Sleep(10);
            CooperativeCalls.WriteByte(_pipe.Writer);
        }
    }
}
