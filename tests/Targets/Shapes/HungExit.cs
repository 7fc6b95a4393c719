using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>The command <c>leave</c> begins the end of the program, which a handler of it does not let come to its end.</summary>
internal sealed class HungExit : Shape
{
    private readonly ManualResetEventSlim _saved = new();

    public override void Start(Host host)
    {
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        host.OnCommand("leave", _ =>
        {
            new Thread(static () => Environment.Exit(1)) { Name = "leaving", IsBackground = true }.Start();
            return "leaving";
        });
        host.StartThread("saver", track => Save(host, track));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Save(Host host, Track track)
    {
        host.Park(track.Here<HungExit>());
        GC.KeepAlive(track);
    }

    private void OnExit(object? sender, EventArgs e) => _saved.Wait();
}
