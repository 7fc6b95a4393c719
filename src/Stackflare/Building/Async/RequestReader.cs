using Stackflare.Snapshots;

namespace Stackflare.Building.Async;

/// <summary>Finds the HTTP requests that ASP.NET Core serves, and which async methods serve them.</summary>
internal sealed class RequestReader
{
    private const string Context = "Microsoft.AspNetCore.Hosting.HostingApplication.Context", Http = "Microsoft.AspNetCore.Http.DefaultHttpContext",
        Protocol = "Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http.HttpProtocol";

    /// <summary>The members of Kestrel's <c>HttpMethod</c> that have not changed.</summary>
    private static readonly string[] Methods = ["GET", "PUT", "DELETE", "POST", "HEAD", "TRACE", "PATCH", "CONNECT", "OPTIONS"];

    private readonly HeapObjects _objects;
    private readonly DateTimeOffset _now;
    private readonly List<Found> _all = [];
    private readonly Dictionary<ulong, Found> _byObject = [];
    private readonly Dictionary<int, Found> _byBox = [];

    /// <param name="objects">The objects of the heap.</param>
    /// <param name="boxes">Its async methods.</param>
    /// <param name="now">The time of the pause.</param>
    public RequestReader(HeapObjects objects, AsyncBoxes boxes, DateTimeOffset now)
    {
        (_objects, _now) = (objects, now);
        for (int i = 0; i < objects.Count; i++)
        {
            // A connection keeps the object for its next request.
            if (objects.Is(i, HeapObjectTraits.Detail) && objects.Definition(i) == Http && objects.IsSet(i, "_active"))
                Add(i);
        }
        for (int i = 0; i < objects.Count && _byObject.Count > 0; i++)
        {
            if (boxes.IndexOf(i) is >= 0 and var box && ReferredBy(objects[i]) is { } request)
                _byBox.TryAdd(box, request);
        }
    }

    /// <summary>The requests, the oldest first; those of an unknown age last.</summary>
    public RequestInFlight[] All => [.. _all.OrderByDescending(static r => r.Age).Select(static r => r.ToRequest())];

    /// <summary>The request that an async method serves; null if none is known.</summary>
    public Found? Of(int box) => _byBox.GetValueOrDefault(box);

    private void Add(int http)
    {
        int protocol = Referred(http, Protocol), context = protocol < 0 ? -1 : Referred(protocol, Context);
        int feature = context < 0 ? -1 : _objects.Reference(context, "HttpActivityFeature"), activity = feature < 0 ? -1 : _objects.Reference(feature, "<Activity>k__BackingField");
        var request = new Found
        {
            Method = protocol < 0 ? null : _objects.Text(protocol, "_methodText") ?? Methods.ElementAtOrDefault((byte)(_objects.Number(protocol, "<Method>k__BackingField") ?? byte.MaxValue)),
            Path = protocol < 0 ? null : _objects.Text(protocol, "<Path>k__BackingField"),
            Age = Age(context, activity),
            TraceId = activity < 0 ? null : _objects.Text(activity, "_traceId"),
        };
        _all.Add(request);
        foreach (int index in (ReadOnlySpan<int>)[http, protocol, context])
        {
            if (index >= 0)
                _byObject[_objects[index].Address] = request;
        }
    }

    private TimeSpan? Age(int context, int activity)
    {
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

    /// <summary>The middleware's methods refer to the context of the request, the server's to what it is made of.</summary>
    private Found? ReferredBy(in HeapObject entry)
    {
        for (ulong at = sizeof(ulong); at + sizeof(ulong) <= (ulong)entry.Bytes.Length; at += sizeof(ulong))
        {
            if (SnapshotHeap.Word(entry, at) is not 0 and var word && _byObject.TryGetValue(word, out Found? request))
                return request;
        }
        return null;
    }

    /// <summary>A request while it is not yet known what serves it.</summary>
    internal sealed class Found
    {
        public string? Method { get; init; }

        public string? Path { get; init; }

        public TimeSpan? Age { get; init; }

        public string? TraceId { get; init; }

        public AsyncStack? AsyncStack { get; set; }

        public DumpThread? Thread { get; set; }

        public RequestInFlight ToRequest() => new() { Method = Method, Path = Path, Age = Age, TraceId = TraceId, AsyncStack = Thread is null ? AsyncStack : null, Thread = Thread };
    }
}
