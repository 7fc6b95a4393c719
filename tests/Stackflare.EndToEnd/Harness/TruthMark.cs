namespace Stackflare.EndToEnd.Harness;

/// <summary>One frame of the truth.</summary>
internal sealed record TruthMark(string Method, int Line);
