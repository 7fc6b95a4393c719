using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes;

/// <summary>
/// The same assembly in many ways: two contexts, a collectible one, from bytes with and without symbols, with symbols and
/// source inside. One thread is parked in each.
/// </summary>
internal sealed class GuestRooms : Shape
{
    private const string Room = "Stackflare.Targets.Guest.Room";

    private static readonly string Folder = AppContext.BaseDirectory;

    public override void Start(Host host)
    {
        Visit(host, "context one", new AssemblyLoadContext("one").LoadFromAssemblyPath(Path.Combine(Folder, "Guest.dll")));
        Visit(host, "context two", new AssemblyLoadContext("two").LoadFromAssemblyPath(Path.Combine(Folder, "Guest.dll")));
        Visit(host, "collectible", new AssemblyLoadContext("collectible", isCollectible: true).LoadFromAssemblyPath(Path.Combine(Folder, "Guest.dll")));
        Visit(host, "embedded", new AssemblyLoadContext("embedded").LoadFromAssemblyPath(Path.Combine(Folder, "Guest.Embedded.dll")));

        var ticket = new AssemblyLoadContext("tickets", isCollectible: true).LoadFromAssemblyPath(Path.Combine(Folder, "Guest.dll"))
            .GetType("Stackflare.Targets.Guest.Ticket", throwOnError: true)!;
        var hall = typeof(Hall<,>).MakeGenericType(typeof(string), ticket).GetMethod("Enter")!.CreateDelegate<Action<Host, Track>>();
        host.StartThread("shared code", track => hall(host, track));

        var image = File.ReadAllBytes(Path.Combine(Folder, "Guest.dll"));
        var symbols = File.ReadAllBytes(Path.Combine(Folder, "Guest.pdb"));
        Visit(host, "bytes", FromBytes("bytes", image, null));
        Visit(host, "bytes with symbols", FromBytes("bytes with symbols", image, symbols));
        Visit(host, "bare", FromBytes("bare", File.ReadAllBytes(Path.Combine(Folder, "Guest.Bare.dll")), null));
        Visit(host, "bytes with symbols inside", FromBytes("inside", File.ReadAllBytes(Path.Combine(Folder, "Guest.Embedded.dll")), null));
    }

    private static System.Reflection.Assembly FromBytes(string name, byte[] image, byte[]? symbols)
    {
        using var stream = new MemoryStream(image);
        using var pdb = symbols is null ? null : new MemoryStream(symbols);
        return new AssemblyLoadContext(name, isCollectible: true).LoadFromStream(stream, pdb);
    }

    private static void Visit(Host host, string name, System.Reflection.Assembly assembly)
    {
        var enter = assembly.GetType(Room, throwOnError: true)!.GetMethod("Enter")!
            .CreateDelegate<Action<Action<string, int>, Action>>();
        host.StartThread(name, track => Enter(host, track, enter));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Enter(Host host, Track track, Action<Action<string, int>, Action> enter)
    {
        var park = () =>
        {
            host.Park(track.Here<GuestRooms>("Enter.lambda"));
            GC.KeepAlive(track);
        };
        track.Next<GuestRooms>();
        enter((method, line) => track.Here(Room, method, line: line), park);
        GC.KeepAlive(park);
    }
}
