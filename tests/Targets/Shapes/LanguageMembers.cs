using System.Runtime.CompilerServices;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>Every kind of member that C# has, each with a thread in it.</summary>
internal sealed class LanguageMembers : Shape
{
    public override void Start(Host host)
    {
        host.StartThread("generic method", track => GenericMethod(host, track, 1, "one"));
        host.StartThread("generic type", track => new Box<string>(host).Keep(track, "x"));
        host.StartThread("generic type of value", track => new Box<int>(host).Keep(track, 1));
        host.StartThread("nested generic type", track => new Box<int>.Lid<long>(host).Close(track));
        host.StartThread("constructor", track => _ = new Members(host, track));
        host.StartThread("static constructor", track => StaticConstructor.Touch(host, track));
        host.StartThread("struct method", track => new Point(host).Move(track));
        Members.StartThreads(host);
        CallingMethods.StartThreads(host);
        Handlers.StartThreads(host);
        DynamicCode.StartThreads(host);
        host.StartThread("interface", track => ((IMember)new Point(host)).Do(track));
        host.StartThread("default interface method", track => ((IMember)new Point(host)).DoByDefault(track));
        host.StartThread("virtual", track => new Derived(host).Run(track));
        host.StartThread("by reference", track => ByReference(host, track, out _, new int[2, 2], [1]));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void GenericMethod<TFirst, TSecond>(Host host, Track track, TFirst first, TSecond second)
    {
        host.Park(track.Here<LanguageMembers>());
        GC.KeepAlive(first);
        GC.KeepAlive(second);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ByReference(Host host, Track track, out int made, int[,] grid, Span<int?> span)
    {
        made = span.Length;
        host.Park(track.Here<LanguageMembers>());
        GC.KeepAlive(grid);
    }
}
