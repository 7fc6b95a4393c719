using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stackflare.Http;

namespace Stackflare.AspNetCore;

/// <summary>Answers requests of the server for dumps. Thread-safe.</summary>
internal sealed class DumpEndpoint(IOptions<StackflareOptions> options, ILogger<DumpEndpoint> logger)
{
    /// <summary>How many requests can wait. Each one has a thread meanwhile. Those with equal options share a capture.</summary>
    private const int MaxRequests = 8;

    /// <summary>The server would keep a large body in memory, and wait for its reader only at the end.</summary>
    private const int LargestPiece = 64 << 10;

    private int _requests;
    private long _seriesEndsAt;

    /// <summary>Whether an endpoint is mapped.</summary>
    public bool IsMapped { get; set; }

    public async Task HandleAsync(HttpContext context)
    {
        StackflareOptions current = options.Value;
        var usual = DumpRequest.Usual(current.Format, current.Capture, current.Render);
        string? accept = context.Request.Headers.Accept is { Count: > 0 } values ? string.Join(',', values.ToArray()) : null;
        if (DumpRequest.Parse(usual, context.Request.QueryString.Value ?? "", accept, out HttpProblem? problem) is not { } request)
            await WriteAsync(context, problem!).ConfigureAwait(false);
        else if (HttpMethods.IsHead(context.Request.Method))
            Begin(context, StatusCodes.Status200OK, request.ContentType);
        else if (TryEnter(request, out problem))
            await AnswerAsync(context, request).ConfigureAwait(false);
        else
            await WriteAsync(context, problem!).ConfigureAwait(false);
    }

    private async Task AnswerAsync(HttpContext context, DumpRequest request)
    {
        try
        {
            byte[] body = await TakeAsync(request, context.RequestAborted).ConfigureAwait(false);
            Begin(context, StatusCodes.Status200OK, request.ContentType);
            await WriteAsync(context, body).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // There is nobody to answer.
        }
        catch (StackflareException e)
        {
            // The client gets the kind only: the message can name paths and settings.
            Log.NoDump(logger, e.Message);
            await WriteAsync(context, HttpProblem.Of(e)).ConfigureAwait(false);
        }
        finally
        {
            Leave(request);
        }
    }

    private static async Task<byte[]> TakeAsync(DumpRequest request, CancellationToken cancellation)
    {
        using var document = new DumpDocument(request);
        document.Add(await Flare.CaptureAsync(request.Capture, cancellation).ConfigureAwait(false));
        while (!document.IsComplete)
        {
            await Task.Delay(request.Interval, cancellation).ConfigureAwait(false);
            document.Add(await Flare.CaptureAsync(request.Capture, cancellation).ConfigureAwait(false));
        }
        return document.End();
    }

    /// <summary>Admits a limited number of requests, and one series.</summary>
    private bool TryEnter(DumpRequest request, out HttpProblem? problem)
    {
        problem = null;
        if (request.Count == 1)
        {
            if (Interlocked.Increment(ref _requests) <= MaxRequests)
                return true;
            Interlocked.Decrement(ref _requests);
            problem = HttpProblem.TooMany("Too many dumps are requested.", TimeSpan.FromSeconds(1));
            return false;
        }
        long now = Environment.TickCount64;
        long end = now + (long)(request.Interval * (request.Count - 1)).TotalMilliseconds;
        if (Interlocked.CompareExchange(ref _seriesEndsAt, end, 0) is var other and not 0)
            problem = HttpProblem.TooMany("Another series of dumps is being taken.", TimeSpan.FromMilliseconds(other - now));
        return problem is null;
    }

    private void Leave(DumpRequest request)
    {
        if (request.Count == 1)
            Interlocked.Decrement(ref _requests);
        else
            Interlocked.Exchange(ref _seriesEndsAt, 0);
    }

    private static void Begin(HttpContext context, int status, string contentType)
    {
        Microsoft.AspNetCore.Http.HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.Headers.CacheControl = "no-store";
        // Otherwise, a browser could take a dump with hostile names for a page.
        response.Headers.XContentTypeOptions = "nosniff";
    }

    private static Task WriteAsync(HttpContext context, HttpProblem problem)
    {
        Begin(context, problem.Status, Http.HttpResponse.PlainText);
        if (problem.HeaderParts is var (name, value))
            context.Response.Headers[name] = value;
        return WriteAsync(context, System.Text.Encoding.UTF8.GetBytes(problem.Sentence + "\n"));
    }

    private static async Task WriteAsync(HttpContext context, byte[] body)
    {
        context.Response.ContentLength = body.Length;
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        for (ReadOnlyMemory<byte> rest = body; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, LargestPiece)..])
            await context.Response.Body.WriteAsync(rest[..Math.Min(rest.Length, LargestPiece)], context.RequestAborted).ConfigureAwait(false);
    }
}
