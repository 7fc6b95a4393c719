namespace Stackflare.Bench.Subjects;

/// <summary>A program under measurement did not do what it is for: there is nothing to measure.</summary>
internal sealed class BenchException(string message) : Exception(message);
