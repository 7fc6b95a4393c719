using Stackflare.Analysis;

namespace Stackflare.Writers.Text;

/// <summary>Describes a request that the program serves. Not escaped.</summary>
internal static class RequestText
{
    /// <summary>For example <c>GET /orders/17 for 31s, trace 4bf92f3577b34da6a3ce929d0e0e4736, at MyApp.Orders.LoadAsync() in /src/Orders.cs:line 12</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="place">The program's innermost frame that serves it; null if there is none.</param>
    public static string Describe(RequestInFlight request, DumpFrame? place)
    {
        string[] what = [.. new[] { request.Method, request.Path }.OfType<string>().Where(static w => w.Length > 0)];
        return (what.Length == 0 ? "a request" : string.Join(' ', what))
            + (request.IsUpgraded ? ", upgraded," : "")
            + (request.Age is { } age ? $" for {Durations.Until(age)}" : "")
            + (request.TraceId is { } trace ? $", trace {trace}" : "")
            // What it waited for has completed.
            + (request.AsyncStack is { WaitingFor.Kind: AsyncWaitKind.Ready } ? ", waiting for a thread" : "")
            + (place is null ? "" : ", " + DiagnosisText.At(place));
    }
}
