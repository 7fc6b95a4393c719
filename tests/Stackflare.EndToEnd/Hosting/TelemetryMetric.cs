namespace Stackflare.EndToEnd.Hosting;

/// <summary>A point of a metric, as a collector has it: the last value, the sum, or the count of a histogram.</summary>
internal sealed record TelemetryMetric(string Meter, string Name, IReadOnlyDictionary<string, string[]> Attributes, double Value);
