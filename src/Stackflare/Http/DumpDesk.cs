namespace Stackflare.Http;

/// <summary>
/// Takes the dumps that clients of the listener have requested, one at a time. Requests that wait while a dump is taken and need the same capture
/// share the next one. There is one series at a time; between its dumps, others are served. Used by one thread.
/// </summary>
/// <param name="capture">Takes a dump.</param>
internal sealed class DumpDesk(Func<CaptureOptions, ThreadDump> capture) : IDisposable
{
    /// <summary>How many different captures can wait. The last one waits for the others.</summary>
    private const int MaxCaptures = 4;

    private readonly List<Order> _waiting = [];
    private Series? _series;

    /// <summary>How long until there is something to do, in milliseconds; null if nothing is.</summary>
    public long? Left(long now) => _waiting.Count > 0 ? 0 : _series is { } series ? Math.Max(0, series.DueAt - now) : null;

    /// <summary>Accepts a request; its client gets the response later, or at once if there are too many.</summary>
    public void Add(HttpConnection client, DumpRequest request, long now)
    {
        if (request.Count > 1)
        {
            if (_series is { } other)
                client.Respond(HttpResponse.Of(HttpProblem.TooMany("Another series of dumps is being taken.", other.Left(now))), now);
            else
                Begin(client, request, now);
            return;
        }
        bool isNew = !_waiting.Exists(o => o.Request.Capture == request.Capture);
        if (isNew && _waiting.Select(static o => o.Request.Capture).Distinct().Count() >= MaxCaptures)
        {
            client.Respond(HttpResponse.Of(HttpProblem.TooMany("Too many different dumps are requested.", TimeSpan.FromSeconds(1))), now);
            return;
        }
        client.Wait();
        _waiting.Add(new Order(client, request));
    }

    /// <summary>Takes one dump, if one is due.</summary>
    /// <param name="now">Returns the time in milliseconds.</param>
    public void Work(Func<long> now)
    {
        _waiting.RemoveAll(static o => o.Client.IsClosed);
        if (_series is { Client.IsClosed: true })
            EndSeries();
        if (_series is { } series && series.DueAt <= now())
            Continue(series, now);
        else if (_waiting is [var first, ..])
            Serve([.. _waiting.Where(o => o.Request.Capture == first.Request.Capture)], now);
    }

    public void Dispose() => EndSeries();

    private void Begin(HttpConnection client, DumpRequest request, long now)
    {
        client.GoesWithItsEnd = true;
        client.Wait();
        _series = new Series(client, request, new DumpDocument(request)) { DueAt = now };
    }

    private void EndSeries()
    {
        _series?.Document.Dispose();
        _series = null;
    }

    private void Continue(Series series, Func<long> now)
    {
        HttpResponse? response = null;
        try
        {
            series.Document.Add(capture(series.Request.Capture));
            series.DueAt = now() + (long)series.Request.Interval.TotalMilliseconds;
            if (series.Document.IsComplete)
                response = HttpResponse.Of(series.Request.ContentType, series.Document.End());
        }
#pragma warning disable CA1031 // The client gets it, without its text.
        catch (Exception e)
#pragma warning restore CA1031
        {
            response = HttpResponse.Of(HttpProblem.Of(e));
        }
        if (response is null)
            return;
        series.Client.Respond(response, now());
        EndSeries();
    }

    private void Serve(List<Order> orders, Func<long> now)
    {
        _waiting.RemoveAll(orders.Contains);
        try
        {
            ThreadDump dump = capture(orders[0].Request.Capture);
            foreach (IGrouping<DumpRequest, Order> equal in orders.GroupBy(static o => o.Request))
            {
                HttpResponse response = Write(equal.Key, dump);
                foreach (Order order in equal)
                    order.Client.Respond(response, now());
            }
        }
#pragma warning disable CA1031 // The clients get it, without its text.
        catch (Exception e)
#pragma warning restore CA1031
        {
            foreach (Order order in orders)
                order.Client.Respond(HttpResponse.Of(HttpProblem.Of(e)), now());
        }
    }

    private static HttpResponse Write(DumpRequest request, ThreadDump dump)
    {
        using var document = new DumpDocument(request);
        document.Add(dump);
        return HttpResponse.Of(request.ContentType, document.End());
    }

    private sealed record Order(HttpConnection Client, DumpRequest Request);

    private sealed record Series(HttpConnection Client, DumpRequest Request, DumpDocument Document)
    {
        /// <summary>When the next dump is taken, in milliseconds.</summary>
        public long DueAt { get; set; }

        /// <summary>How long it still takes, without the time of the dumps.</summary>
        public TimeSpan Left(long now) =>
            TimeSpan.FromMilliseconds(Math.Max(0, DueAt - now)) + (Math.Max(0, Request.Count - Document.Count - 1) * Request.Interval);
    }
}
