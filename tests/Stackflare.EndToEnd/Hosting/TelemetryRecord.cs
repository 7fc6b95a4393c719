namespace Stackflare.EndToEnd.Hosting;

/// <summary>A record of a log, as a collector has it.</summary>
internal sealed record TelemetryRecord(string? Severity, string? EventName, string Body, IReadOnlyDictionary<string, string[]> Attributes);
