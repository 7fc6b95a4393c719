namespace Stackflare;

/// <summary>
/// An HTTP request that ASP.NET Core served during the pause. Source: the objects of the host and of the Kestrel server. The query is not read, because
/// it can contain secrets. Immutable.
/// </summary>
public sealed class RequestInFlight
{
    /// <summary>The method, for example <c>GET</c>. Null if not known, for example with a server other than Kestrel.</summary>
    public string? Method { get; init; }

    /// <summary>
    /// The path without the query, decoded, and without the part that the program has set as its base. A long one is cut. Null if not known.
    /// </summary>
    public string? Path { get; init; }

    /// <summary>How long the program had served it when the pause began. Null if not known.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>The trace id of its <see cref="System.Diagnostics.Activity"/>, by which logs and traces can be searched. Null if it has none.</summary>
    public string? TraceId { get; init; }

    /// <summary>The async stack that serves it; of several, the first of the dump. Null if a thread serves it, or if none is known.</summary>
    public AsyncStack? AsyncStack { get; init; }

    /// <summary>The thread that serves it; null if it waits in async methods, or if none is known.</summary>
    public DumpThread? Thread { get; init; }
}
