using Stackflare.Runtime.Types;

namespace Stackflare.Runtime.Heap;

/// <summary>A type of the framework outside of CoreLib that says more of an async method: with whom a socket talks, which request is served.</summary>
/// <param name="Library">Its file.</param>
/// <param name="Space">Its namespace; empty for a nested type.</param>
/// <param name="Name">Its name.</param>
internal sealed record FrameworkType(string Library, string Space, string Name)
{
    /// <summary>Fields that refer to other objects that matter.</summary>
    public string[] Links { get; init; } = [];

    /// <summary>Fields that refer to a string or to an array of 16-bit numbers.</summary>
    public string[] Texts { get; init; } = [];

    /// <summary>A Boolean: the object matters by itself while it is set.</summary>
    public string? InUse { get; init; }

    /// <summary>Fields: the object matters by itself while one of them is not null.</summary>
    public string[] Users { get; init; } = [];

    /// <summary>Whether it matters if an async method refers to it.</summary>
    public bool IsOfMethods { get; init; }

    /// <summary>Whether all references lead to objects that can matter.</summary>
    public bool FollowsAll { get; init; }

    /// <summary>Whether the walk of the heap records its objects. Others are found only by references: a program can have millions of strings and addresses.</summary>
    public bool IsRecorded { get; init; }
}

/// <summary>Where the fields of such a type are in its objects. What is not known is left out.</summary>
internal sealed class FrameworkFields(FrameworkType type, ulong table, TypeFields fields)
{
    public FrameworkType Type { get; } = type;

    public uint[] Links { get; } = Offsets(type.Links, table, fields);

    public uint[] Texts { get; } = Offsets(type.Texts, table, fields);

    public uint[] Users { get; } = Offsets(type.Users, table, fields);

    public uint? InUse { get; } = type.InUse is { } name ? fields.OffsetOf(table, name) : null;

    private static uint[] Offsets(string[] names, ulong table, TypeFields fields) => [.. names.Select(n => fields.OffsetOf(table, n)).OfType<uint>()];
}

/// <summary>Recognizes such types by their library, and by their numbers in its metadata.</summary>
internal sealed class FrameworkTypes(ModuleImages images, TypeFields fields)
{
    private const string Sockets = "System.Net.Sockets.dll", Primitives = "System.Net.Primitives.dll", Kestrel = "Microsoft.AspNetCore.Server.Kestrel.Core.dll",
        Http = "Microsoft.AspNetCore.Http.dll", Channels = "System.Threading.Channels.dll", Hosting = "Microsoft.AspNetCore.Hosting.dll",
        Parallel = "System.Threading.Tasks.Parallel.dll", Diagnostics = "System.Diagnostics.DiagnosticSource.dll";

    private const string OfSockets = "System.Net.Sockets", OfChannels = "System.Threading.Channels", Nested = "";

    /// <summary>A library can be loaded several times, in different load contexts.</summary>
    private const int MaxModules = 1 << 14, MaxRead = 64;

    private static readonly string[] Waiters = ["_blockedReadersHead", "_blockedWritersHead", "_waitingReadersHead", "_waitingWritersHead"];

    private static readonly FrameworkType[] Known =
    [
        new(Sockets, OfSockets, "SocketAsyncEventArgs") { Links = ["_currentSocket", "_remoteEndPoint"] },
        new(Sockets, OfSockets, "Socket") { Links = ["_remoteEndPoint"] },
        new(Sockets, OfSockets, "UnixDomainSocketEndPoint") { Texts = ["_path"] },
        new(Primitives, "System.Net", "IPEndPoint") { Links = ["_address"] },
        new(Primitives, "System.Net", "IPAddress") { Texts = ["_numbers"] },
        new(Primitives, "System.Net", "DnsEndPoint") { Texts = ["_host"] },
        // A connection keeps these objects from one request to the next.
        new(Http, "Microsoft.AspNetCore.Http", "DefaultHttpContext") { InUse = "_active", FollowsAll = true, IsRecorded = true },
        new(Kestrel, "Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http", "HttpProtocol")
        {
            Texts = ["<PathBase>k__BackingField", "<Path>k__BackingField", "_methodText"], FollowsAll = true, IsRecorded = true,
        },
        new(Hosting, Nested, "Context") { Links = ["HttpActivityFeature"], IsRecorded = true },
        new(Hosting, "Microsoft.AspNetCore.Hosting", "HttpActivityFeature") { Links = ["<Activity>k__BackingField"] },
        new(Parallel, Nested, "ForEachAsyncState`1") { IsOfMethods = true, IsRecorded = true },
        new(Channels, "System.Collections.Generic", "Deque`1"),
        new(Channels, OfChannels, "BoundedChannel`1") { Links = ["_items"], Users = Waiters, IsRecorded = true },
        new(Channels, OfChannels, "RendezvousChannel`1") { Users = Waiters, IsRecorded = true },
        new(Channels, OfChannels, "UnboundedChannel`1") { Users = Waiters, IsRecorded = true },
        new(Channels, OfChannels, "UnboundedPrioritizedChannel`1") { Users = Waiters, IsRecorded = true },
        new(Channels, OfChannels, "SingleConsumerUnboundedChannel`1") { Users = ["_blockedReader", "_waitingReader"], IsRecorded = true },
        new(Diagnostics, "System.Diagnostics", "Activity") { Texts = ["_traceId"] },
    ];

    private readonly Dictionary<ulong, Dictionary<uint, FrameworkType>?> _modules = [];
    private int _read;

    /// <summary>The fields of a type that has a number in a module's metadata; null for other types.</summary>
    public FrameworkFields? Of(ulong module, uint number, ulong table)
    {
        if (!_modules.TryGetValue(module, out Dictionary<uint, FrameworkType>? types) && _modules.Count < MaxModules)
            _modules[module] = types = Read(module);
        return types?.TryGetValue(number, out FrameworkType? type) == true ? new FrameworkFields(type, table, fields) : null;
    }

    private Dictionary<uint, FrameworkType>? Read(ulong module)
    {
        string? file = Path.GetFileName(images.PathOf(module));
        FrameworkType[] types = file is null ? [] : [.. Known.Where(t => t.Library == file)];
        if (types.Length == 0 || _read++ >= MaxRead)
            return null;
        uint[] numbers = fields.TypesNamed(module, [.. types.Select(static t => (t.Space, t.Name))]);
        return numbers.Zip(types).Where(static p => p.First != 0).ToDictionary(static p => p.First, static p => p.Second);
    }
}
