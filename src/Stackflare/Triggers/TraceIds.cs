using System.Diagnostics;

namespace Stackflare.Triggers;

/// <summary>By which the logs and traces of what caused a dump can be found.</summary>
internal static class TraceIds
{
    /// <summary>Null without an activity, and for one whose id is not of the W3C's format.</summary>
    public static string? Of(Activity? activity) => activity is { IdFormat: ActivityIdFormat.W3C } ? activity.TraceId.ToHexString() : null;
}
