using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>On <c>crash</c>, the thread "crasher" ends the process as <c>--crash</c> says: <c>throw</c>, <c>fail-fast</c>, <c>overflow</c>, <c>null</c> or <c>native</c>.</summary>
internal sealed class Crashes : Shape
{
    private readonly ManualResetEventSlim _begin = new(initialState: false, spinCount: 0);
    private string _kind = "";

    public override void Start(Host host)
    {
        _kind = host.Options.Get("--crash", "throw");
        host.StartThread("crasher", track =>
        {
            host.Arrive(track.Here<Crashes>(), inManagedCode: false);
            _begin.Wait();
            Crash();
        });
        host.OnCommand("crash", _ =>
        {
            _begin.Set();
            return "begun";
        });
    }

    /// <summary>Behind each place there is a call on another line, which must not be taken for the place.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private unsafe void Crash()
    {
        switch (_kind)
        {
            case "throw":
                throw new InvalidOperationException("nobody catches it");
            case "fail-fast":
                Environment.FailFast("on purpose");
                break;
            case "overflow":
                Recurse(0);
                break;
            case "null":
                *Nothing() = 1;
                break;
            default:
                Libc.Abort();
                break;
        }
        GC.KeepAlive(this);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe int* Nothing() => null;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Recurse(int depth) => Recurse(depth + 1) + depth;
}
