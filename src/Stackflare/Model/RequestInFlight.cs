namespace Stackflare;

/// <summary>
/// An HTTP request that ASP.NET Core was serving when the pause began. Source: the objects of the host and of the Kestrel server. The query is not read,
/// because it can contain secrets. Immutable.
/// </summary>
public sealed class RequestInFlight
{
    /// <summary>The method, for example <c>GET</c>. Null if not known, for example with a server other than Kestrel.</summary>
    public string? Method { get; init; }

    /// <summary>
    /// The path without the query, decoded, as the program sees it now: middleware can have changed it. One of more than 256 characters is cut, and ends in
    /// dots. Null if not known.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>How long the program had served it when the pause began. Null if not known.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>The trace id of its <see cref="System.Diagnostics.Activity"/>, by which logs and traces can be searched. Null if it has none.</summary>
    public string? TraceId { get; init; }

    /// <summary>
    /// Whether the connection is used for something else now, for example for WebSockets. Such a request lasts as long as the connection. False if not known.
    /// </summary>
    public bool IsUpgraded { get; init; }

    /// <summary>The async stack that serves it. Null if a thread serves it, or if none is known.</summary>
    public AsyncStack? AsyncStack { get; init; }

    /// <summary>The thread that serves it; null if it waits in async methods, or if none is known.</summary>
    public DumpThread? Thread { get; init; }
}
