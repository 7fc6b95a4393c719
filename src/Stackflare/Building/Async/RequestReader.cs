using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>
/// Finds the HTTP requests that ASP.NET Core serves, and the async methods that serve them. For each request, the host has an object of its own, the
/// context: only the server's method that waits for the program's answer refers to it. Other methods can refer to what it consists of for other reasons, and
/// longer than the request lasts.
/// </summary>
internal sealed class RequestReader
{
    private const string Context = "Microsoft.AspNetCore.Hosting.HostingApplication.Context", Http = "Microsoft.AspNetCore.Http.DefaultHttpContext",
        Protocol = "Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http.HttpProtocol";

    /// <summary>The members of Kestrel's <c>HttpMethod</c> that have not changed.</summary>
    private static readonly string[] Methods = ["GET", "PUT", "DELETE", "POST", "HEAD", "TRACE", "PATCH", "CONNECT", "OPTIONS"];

    private readonly HeapObjects _objects;
    private readonly DateTimeOffset _now;
    private readonly List<Found> _all = [];
    private readonly Dictionary<ulong, Found> _byContext = [], _byProtocol = [];
    private readonly Dictionary<int, Found> _served = [], _connected = [];

    /// <param name="objects">The objects of the heap.</param>
    /// <param name="boxes">Its async methods.</param>
    /// <param name="now">The time of the pause.</param>
    public RequestReader(HeapObjects objects, AsyncBoxes boxes, DateTimeOffset now)
    {
        (_objects, _now) = (objects, now);
        var contexts = new Dictionary<int, int>();
        for (int i = 0; i < objects.Count; i++)
        {
            if (objects.Is(i, HeapObjectTraits.Detail) && objects.Definition(i) == Context && objects.Reference(i, "<HttpContext>k__BackingField") is >= 0 and var http)
                contexts[http] = i;
        }
        for (int i = 0; i < objects.Count; i++)
        {
            // A connection keeps the object for its next request.
            if (objects.Is(i, HeapObjectTraits.Detail) && objects.Definition(i) == Http && objects.IsSet(i, "_active"))
                Add(i, contexts.GetValueOrDefault(i, -1));
        }
        for (int i = 0; i < objects.Count && _all.Count > 0; i++)
        {
            if (boxes.IndexOf(i) is >= 0 and var box)
                Link(objects[i], box);
        }
    }

    /// <summary>The requests, the oldest first; those of an unknown age, and then connections that are used for something else, last.</summary>
    public RequestInFlight[] All => [.. _all.Where(static r => r.IsCertain).OrderBy(static r => r.IsUpgraded).ThenByDescending(static r => r.Age).Select(static r => r.ToRequest())];

    /// <summary>The request for which an async method of the server waits until the program has served it; null if there is none.</summary>
    public Found? ServedBy(int box) => _served.GetValueOrDefault(box);

    /// <summary>The request of a connection to which an async method refers, and which it need not serve; null if there is none.</summary>
    public Found? ConnectedTo(int box) => _connected.GetValueOrDefault(box);

    private void Add(int http, int context)
    {
        int protocol = Referred(http, Protocol);
        if (protocol >= 0)
        {
            // Between requests. Not every factory of contexts resets what it made.
            if (MethodOf(protocol) == byte.MaxValue)
                return;
            int current = Referred(protocol, Context);
            if (current >= 0 && _objects.Reference(current, "<HttpContext>k__BackingField") is >= 0 and var other && other != http)
                return;
            context = current >= 0 ? current : context;
        }
        int feature = context < 0 ? -1 : _objects.Reference(context, "HttpActivityFeature"), activity = feature < 0 ? -1 : _objects.Reference(feature, "<Activity>k__BackingField");
        var request = new Found
        {
            Method = protocol < 0 ? null : _objects.Text(protocol, "_methodText") ?? Methods.ElementAtOrDefault(MethodOf(protocol)),
            Path = protocol < 0 ? null : _objects.Text(protocol, "<PathBase>k__BackingField") + _objects.Text(protocol, "<Path>k__BackingField") is { Length: > 0 } path ? path : null,
            Age = Age(context, activity),
            TraceId = activity < 0 ? null : _objects.Text(activity, "_traceId"),
            IsUpgraded = protocol >= 0 && (_objects.IsSet(protocol, "<IsUpgraded>k__BackingField") || _objects.IsSet(protocol, "<IsExtendedConnectAccepted>k__BackingField")),
        };
        _all.Add(request);
        if (context >= 0)
            _byContext[_objects[context].Address] = request;
        if (protocol >= 0)
            _byProtocol[_objects[protocol].Address] = request;
    }

    private byte MethodOf(int protocol) => (byte)(_objects.Number(protocol, "<Method>k__BackingField") ?? byte.MaxValue - 1);

    private TimeSpan? Age(int context, int activity)
    {
        // A copy of a core file can have any time.
        if (_objects.Heap.Now == TimeSpan.Zero)
            return null;
        // Nanoseconds of the clock that the probe read during the pause.
        if (context >= 0 && _objects.Word(context, "<StartTimestamp>k__BackingField") is not (null or 0) and var start)
            return NotNegative(_objects.Heap.Now - TimeSpan.FromTicks((long)(start.Value / TimeSpan.NanosecondsPerTick)));
        const ulong Ticks = 0x3FFFFFFFFFFFFFFF;
        return activity >= 0 && _objects.Word(activity, "<StartTimeUtc>k__BackingField") is not (null or 0) and var time
            ? NotNegative(TimeSpan.FromTicks(_now.UtcTicks - (long)(time.Value & Ticks)))
            : null;
    }

    /// <summary>The wall clock can be set back.</summary>
    private static TimeSpan? NotNegative(TimeSpan time) => time < TimeSpan.Zero ? null : time;

    /// <summary>The object of a class to which an object refers, wherever it does; negative if there is none.</summary>
    private int Referred(int from, string definition)
    {
        HeapObject entry = _objects[from];
        for (ulong at = sizeof(ulong); at + sizeof(ulong) <= (ulong)entry.Bytes.Length; at += sizeof(ulong))
        {
            if (_objects.Find(SnapshotHeap.Word(entry, at)) is >= 0 and var to && _objects.Is(to, HeapObjectTraits.Detail) && _objects.IsA(to, definition))
                return to;
        }
        return -1;
    }

    private void Link(in HeapObject entry, int box)
    {
        for (ulong at = sizeof(ulong); at + sizeof(ulong) <= (ulong)entry.Bytes.Length; at += sizeof(ulong))
        {
            ulong word = SnapshotHeap.Word(entry, at);
            if (word != 0 && _byContext.TryGetValue(word, out Found? served))
                _served.TryAdd(box, served);
            else if (word != 0 && _byProtocol.TryGetValue(word, out Found? connected))
                _connected.TryAdd(box, connected);
        }
    }

    /// <summary>A request while it is not yet known what serves it.</summary>
    internal sealed class Found
    {
        public string? Method { get; init; }

        public string? Path { get; init; }

        public TimeSpan? Age { get; init; }

        public string? TraceId { get; init; }

        public bool IsUpgraded { get; init; }

        public AsyncStack? AsyncStack { get; set; }

        public DumpThread? Thread { get; set; }

        /// <summary>
        /// Whether it has not ended: something serves it, or the host has not yet cleared what it keeps of it. Not every factory of contexts resets what it
        /// made, and the server keeps the objects of a stream for the next one.
        /// </summary>
        public bool IsCertain => Thread is not null || AsyncStack is not null || Age is not null || TraceId is not null;

        public RequestInFlight ToRequest() => new()
        {
            Method = Method,
            Path = Path,
            Age = Age,
            TraceId = TraceId,
            IsUpgraded = IsUpgraded,
            AsyncStack = Thread is null ? AsyncStack : null,
            Thread = Thread,
        };
    }
}
